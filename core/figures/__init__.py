"""Frames to Plotly figures, one module per room; ``graph_objects`` only."""
