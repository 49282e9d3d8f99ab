"""Prints the bill of materials of Holdfast: CycloneDX 1.5 as JSON, the same bytes for the same lock file.

It lists every package of Cargo.lock, for whatever platform. `excluded` are those that only tests and benchmarks
use; what is built into the program, or runs while it is built, is `required`.
"""

import json
import os
import subprocess
import tomllib
import urllib.parse
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = "holdfast"

command = [os.environ.get("CARGO", "cargo"), "metadata", "--locked", "--format-version", "1"]
metadata = json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)
lock = tomllib.loads((ROOT / "Cargo.lock").read_text())
checksums = {(p["name"], p["version"]): p["checksum"] for p in lock["package"] if "checksum" in p}
nodes = {node["id"]: node["deps"] for node in metadata["resolve"]["nodes"]}


def purl(package):
    return f"pkg:cargo/{package['name']}@{urllib.parse.quote(package['version'])}"


refs = {package["id"]: purl(package) for package in metadata["packages"]}
program = next(p for p in metadata["packages"] if p["name"] == PROGRAM and p["source"] is None)

required, found = set(), [program["id"]]
while found:
    package = found.pop()
    if package not in required:
        required.add(package)
        found += [d["pkg"] for d in nodes[package] if any(k["kind"] != "dev" for k in d["dep_kinds"])]


def component(package):
    checksum = checksums.get((package["name"], package["version"]))
    # Older packages separate alternatives by a slash, which is not SPDX.
    licence = " OR ".join(part.strip() for part in (package["license"] or "").split("/"))
    return {
        "type": "application" if package is program else "library",
        "bom-ref": purl(package),
        "name": package["name"],
        "version": package["version"],
        "scope": "required" if package["id"] in required else "excluded",
        "hashes": [{"alg": "SHA-256", "content": checksum}] if checksum else [],
        "licenses": [{"expression": licence}] if licence else [],
        "purl": purl(package),
    }


others = sorted((p for p in metadata["packages"] if p is not program), key=purl)
bill = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.5",
    "version": 1,
    "metadata": {"component": component(program)},
    "components": [component(package) for package in others],
    "dependencies": [
        {"ref": refs[package], "dependsOn": sorted({refs[d["pkg"]] for d in nodes[package]})}
        for package in sorted(nodes, key=refs.get)
    ],
}
bill["serialNumber"] = uuid.uuid5(uuid.NAMESPACE_OID, json.dumps(bill)).urn
print(json.dumps(bill, indent=2))
