"""The report: one page that a person wants to read, and a table for the terminal.

The page is a DVC output, hence a function of its inputs alone: no time, host, path or run id goes in, and two
clean clones write the same bytes. What is missing shows as a hole; nothing here crashes because one of ten
systems has not been measured.
"""
