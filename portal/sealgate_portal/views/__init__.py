"""Views: one module a subject; each turns a request into a page or a redirect and decides nothing about reading."""
