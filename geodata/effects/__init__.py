"""Did it work? What became of a place after a measure (措施), held against places like it and against its surroundings.

`ratios` are the statistics, for one measure or thousands at once; `judge` turns the counts of one measure into an
answer with every number behind it; `asked` counts them in a city. docs/METHOD.md, *Did it work?*
"""
