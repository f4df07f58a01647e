"""
A language server: findings while a configuration is edited.
"""
