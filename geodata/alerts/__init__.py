"""Early warning: what a series' own past does not explain.

A *series* is one place and one indicator, counted period by period (`series`). A rule judges the last period of many
series at once (`rules`), sits an exam on the past before anybody may switch it on (`exam`), and what it says is kept in
the city's ledger (`book`). An alert says that something changed; how safe a place is, is said by its score.
"""
