"""Backup and restore: one encrypted file that holds what may be copied, and nothing of what must be forgotten."""
