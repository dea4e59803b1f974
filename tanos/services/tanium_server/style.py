"""How the pages of the console look: one style, named by its hash, so that a page lets in no other.

It follows the light or the dark of the desk, and loads no font and no picture.
"""

import base64
import hashlib

STYLE = """
:root{color-scheme:light dark;--page:#f4f6f8;--card:#fff;--text:#1b1f24;--soft:#57606a;--line:#d5dbe1;--bar:#16324f;
--deed:#1d5fa8;--link:#1d5fa8;--bad:#b42318}
@media(prefers-color-scheme:dark){:root{--page:#0f151b;--card:#18212a;--text:#e4e9ee;--soft:#9aa7b4;--line:#303c48;
--bar:#0b2239;--deed:#2a6cb0;--link:#6ab0f3;--bad:#f0776c}}
*{box-sizing:border-box}
body{margin:0;font:16px/1.5 system-ui,sans-serif;background:var(--page);color:var(--text)}
header{background:var(--bar);color:#fff;padding:.9rem 1.5rem;
display:flex;gap:1rem;align-items:baseline;flex-wrap:wrap}
header a{font-size:1.1rem;font-weight:700;color:#fff;text-decoration:none}header span{opacity:.8}
main{max-width:76rem;margin:2rem auto;padding:0 1.5rem}
h1{font-size:1.4rem;margin:0 0 1rem}h2{font-size:1.1rem;margin:0 0 .5rem}
section{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:1.25rem 1.5rem;
margin:0 0 1.25rem;overflow-x:auto}
section.narrow{max-width:26rem;margin:8vh auto 1.25rem;padding:1.75rem 2rem}
aside{max-width:44rem;margin:0 auto;padding:1rem 1.5rem;background:var(--card);border:1px solid var(--line);
border-left:4px solid var(--deed);border-radius:8px;overflow-wrap:anywhere}
aside>:first-child{margin-top:0}aside>:last-child{margin-bottom:0}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.45rem 1rem .45rem 0;border-bottom:1px solid var(--line);vertical-align:top}
tr:last-child>*{border-bottom:0}
th{color:var(--soft);font-weight:600;font-size:.9rem}th,td{white-space:nowrap}
td.long{white-space:normal;overflow-wrap:anywhere;min-width:10rem}
td.code{font:.8rem/1.6 ui-monospace,monospace;box-sizing:content-box;
white-space:normal;overflow-wrap:anywhere;padding-right:0;width:24.2ch;min-width:24.2ch}
label{display:block;margin:0 0 1rem;font-weight:600}
input{display:block;width:100%;margin:.25rem 0 0;padding:.5rem .6rem;font:inherit;color:inherit;
background:var(--page);border:1px solid var(--line);border-radius:6px}
button{font:inherit;font-weight:600;
color:#fff;background:var(--deed);border:0;border-radius:6px;padding:.5rem 1.25rem}
a{color:var(--link)}:focus-visible{outline:3px solid var(--link);outline-offset:1px}
ul{margin:0;padding-left:1.2rem}
[role=alert]{border-left:4px solid var(--bad);padding:.1rem 0 .1rem .8rem;margin:0 0 1rem}
footer{color:var(--soft);font-size:.85rem;text-align:center;padding:0 1rem 2rem}
""".replace("\n", "")
STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
