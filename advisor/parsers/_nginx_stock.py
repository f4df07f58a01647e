"""
Files that packages put beside nginx.conf: rarely in a repository, and their contents are known.
"""

from __future__ import annotations

from functools import lru_cache

_STOCK: dict[str, frozenset[str]] = {
    # File, and the directives in it. Sources: the packages nginx-common of Debian, nginx of
    # nginx.org, and python3-certbot-nginx.
    "fastcgi.conf": frozenset({"fastcgi_param"}),
    "fastcgi_params": frozenset({"fastcgi_param"}),
    "koi-utf": frozenset({"charset_map"}),
    "koi-win": frozenset({"charset_map"}),
    "mime.types": frozenset({"types"}),
    "options-ssl-nginx.conf": frozenset(
        {
            "ssl_ciphers",
            "ssl_prefer_server_ciphers",
            "ssl_protocols",
            "ssl_session_cache",
            "ssl_session_tickets",
            "ssl_session_timeout",
        }
    ),
    "proxy_params": frozenset({"proxy_set_header"}),
    "scgi_params": frozenset({"scgi_param"}),
    "snippets/fastcgi-php.conf": frozenset(
        {"fastcgi_index", "fastcgi_param", "fastcgi_split_path_info", "set", "try_files"}
    ),
    "snippets/snakeoil.conf": frozenset({"ssl_certificate", "ssl_certificate_key"}),
    "uwsgi_params": frozenset({"uwsgi_param"}),
    "win-utf": frozenset({"charset_map"}),
}


@lru_cache(maxsize=256)
def stock_directives(pattern: str) -> frozenset[str] | None:
    """
    Names of the directives in a well-known file; None when the file is not well known.
    """
    for ending, names in _STOCK.items():
        if pattern == ending or pattern.endswith(f"/{ending}"):
            return names
    return None
