"""
One module per format: text in, document out. Nothing that is read is ever run.
"""
