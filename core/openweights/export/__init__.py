"""Trained open-weights models as files for other programs: adapter, merged weights, Ollama, GGUF.

``plan`` says what can be written and how large it gets, ``run`` writes it in a process of its
own, where ``work`` merges, converts and loads back what was written to compare it.
"""
