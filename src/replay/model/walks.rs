//! The protocol as it is, in a world that is too large to be explored to the end: random ways through it.
