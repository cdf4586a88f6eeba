"""Which function answers which request. To serve more of the Hub, give it a row here."""

from __future__ import annotations

from collections.abc import Callable

from hub_server import contents, reading, references, writing
from hub_server.exchange import Answer, Call

ON_SECOND_HOST = "/lfs/"
_REPO = r"(?P<org>\w[\w.-]*)/(?P<name>\w[\w.-]*)"
_API = f"/api/datasets/{_REPO}"
# A branch's name may hold slashes, which then come quoted; these come both ways.
_REVISION, _PATH = r"(?P<revision>refs/(?:pr|convert)/\w+|[^/]+)", r"(?P<path>.+)"
_SHA256 = r"(?P<sha256>[0-9a-f]{64})"
_LFS = r"/datasets/(?P<org>\w[\w.-]*)/(?P<name>\w[\w.-]*?)\.git/info/lfs/objects"
ROUTES: tuple[tuple[str, str, Callable[[Call], Answer]], ...] = (
    ("GET", "/api/whoami-v2", reading.whoami),
    ("POST", "/api/validate-yaml", writing.validate_yaml),
    ("POST", "/api/repos/create", writing.create_repo),
    ("DELETE", "/api/repos/delete", writing.delete_repo),
    ("GET", f"{_API}(/revision/{_REVISION})?", reading.info),
    ("GET", f"{_API}/auth-check(/(?P<right>write))?", reading.auth_check),
    ("GET", f"{_API}/refs", reading.refs),
    ("GET", f"{_API}/commits/{_REVISION}", reading.commits),
    ("GET", f"{_API}/tree/{_REVISION}(/{_PATH})?", reading.tree),
    ("POST", f"{_API}/paths-info/{_REVISION}", reading.paths_info),
    ("POST", f"{_API}/preupload/{_REVISION}", writing.preupload),
    ("POST", f"{_API}/commit/{_REVISION}", writing.commit),
    ("POST", f"{_API}/branch/{_REVISION}", references.create_branch),
    ("DELETE", f"{_API}/branch/{_REVISION}", references.delete_branch),
    ("POST", f"{_API}/tag/{_REVISION}", references.create_tag),
    ("DELETE", f"{_API}/tag/{_REVISION}", references.delete_tag),
    ("GET", f"{_API}/discussions", references.discussions),
    ("POST", f"{_API}/discussions", references.discuss),
    ("GET", rf"{_API}/discussions/(?P<number>\d+)", references.discussion),
    ("POST", f"{_LFS}/batch", contents.lfs_batch),
    ("POST", f"{_LFS}/verify", contents.lfs_verify),
    ("GET HEAD", f"/datasets/{_REPO}/resolve/{_REVISION}/{_PATH}", contents.resolve),
    ("PUT", f"{ON_SECOND_HOST}{_REPO}/{_SHA256}", contents.upload),
    ("GET HEAD", f"{ON_SECOND_HOST}{_REPO}/{_SHA256}/{_PATH}", contents.download),
)
