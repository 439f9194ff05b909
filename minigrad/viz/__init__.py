"""See it: pictures of the graph, and the chain rule in numbers. Each part is loaded when it is first asked for."""
