"""The whole pipeline under faults: six services' real handlers, and what must hold of them."""
