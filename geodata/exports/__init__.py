"""What leaves the city as a file: tables, workbooks, maps for a GIS; the numbers are those of the pages."""
