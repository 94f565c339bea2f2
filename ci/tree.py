"""The files of the tree: what git tracks or would track."""

import pathlib
import subprocess


def files(root="."):
    """Paths relative to root, sorted. Without git: everything but build/."""
    root = pathlib.Path(root)
    listing = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard",
         "--", "."], capture_output=True, check=False)
    if listing.returncode == 0 and listing.stdout:
        names = set(listing.stdout.decode().split("\0")) - {""}
        return sorted(name for name in names if (root / name).is_file())
    paths = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    return sorted(str(path) for path in paths if not {".git", "build"} & set(path.parts))
