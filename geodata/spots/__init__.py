"""A city's patterns as answers: hot spots, what becomes of them, clusters, repeats, density, and whether they foretell.

Every question is asked of the whole city, and answered for what lies in a place: the hot spots of a street do not
depend on what one looks at. Answers are kept, in memory and in the city's folder.
"""
