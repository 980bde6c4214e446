"""The language server: events of an editor in, diagnostics and quick fixes out. All LSP types live here."""
