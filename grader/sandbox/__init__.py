"""Isolated execution of notebooks: bubblewrap, namespaces, system-call filter, fork server, pools."""
