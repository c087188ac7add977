"""Repository rules that put Bazel labels over libraries installed on the machine.

`system_repo` writes one cc_library per entry of `libs`. An entry maps "package:target" to a
space-separated list of pkg-config modules, linker flags (-l...) and labels of the same repository
(:other). Headers need no `hdrs`: /usr/include is a built-in include directory of the compiler.
The version that pkg-config reports becomes a define, so that an upgrade of a system package changes
every action that uses it (Bazel does not watch /usr/include).

`rocksdb_repo` is the same for RocksDB, which can be linked in two ways behind one label: the
distribution's package, or the release build that tools/rocksdb_release made.

`text_repo` writes files whose whole text is given: small stand-ins for rule sets that newer Bazel
fetches and Debian's Bazel has built in.
"""

_BUILD_HEADER = 'package(default_visibility = ["//visibility:public"])\n'

def _pkg_config(ctx, package, arguments):
    tool = ctx.which("pkg-config")
    if not tool:
        fail("pkg-config is not installed: run tools/install_deps, or apt-get install pkg-config")
    result = ctx.execute([tool] + arguments)
    if result.return_code != 0:
        fail("@%s needs the Debian package(s) %s: run tools/install_deps, or apt-get install %s\n%s" %
             (ctx.name, package, package, result.stderr))
    return result.stdout.strip()

def _as_needed(flags):
    return ["-Wl,--push-state,--as-needed"] + flags + ["-Wl,--pop-state"]

def _version_define(name, version):
    """The installed version as a define that nothing reads: it only keys the actions."""
    plain = "".join([c if c.isalnum() else "_" for c in name.elems()]).upper()
    return "CLOUDLET_SYSTEM_%s=%s" % (plain, version.replace("+", "_").replace("~", "_"))

def _cc_library(name, linkopts, defines, deps):
    return "\ncc_library(\n    name = %r,\n    linkopts = %r,\n    defines = %r,\n    deps = %r,\n)\n" % (
        name,
        linkopts,
        defines,
        deps,
    )

def _write_build_files(ctx, texts):
    for package, text in texts.items():
        path = package + "/BUILD.bazel" if package else "BUILD.bazel"
        ctx.file(path, _BUILD_HEADER + text)

def _header_version(ctx):
    """What `#define NAME "text"` says in a header, of a library that pkg-config does not know."""
    path, name = ctx.attr.version_header.split(" ")
    if not ctx.path(path).exists:
        fail("@%s needs the Debian package(s) %s: run tools/install_deps" %
             (ctx.name, ctx.attr.debian_packages))
    for line in ctx.read(path).split("\n"):
        words = line.split(" ")
        if words[:2] == ["#define", name]:
            return words[-1].strip("\"")
    fail("@%s: no %s in %s" % (ctx.name, name, path))

def _system_repo_impl(ctx):
    texts = {}
    for label, parts in ctx.attr.libs.items():
        package, name = label.split(":")
        modules = [p for p in parts.split(" ") if p[0] not in "-:"]
        flags = [p for p in parts.split(" ") if p[0] == "-"]
        deps = [p for p in parts.split(" ") if p[0] == ":"]
        defines = []
        if ctx.attr.version_header:
            defines = [_version_define(ctx.name, _header_version(ctx))]
        if modules:
            version = _pkg_config(ctx, ctx.attr.debian_packages, ["--modversion", modules[0]])
            libs = _pkg_config(ctx, ctx.attr.debian_packages, ["--libs"] + modules)
            flags = flags + [f for f in libs.split(" ") if f]
            defines = [_version_define(ctx.name, version)]
        linkopts = _as_needed(flags) if flags else []
        texts[package] = texts.get(package, "") + _cc_library(name, linkopts, defines, deps)
    for package, text in ctx.attr.extra.items():
        texts[package] = texts.get(package, "") + "\n" + text
    for link, target in ctx.attr.links.items():
        if not ctx.path(target).exists:
            fail("@%s needs %s from the Debian package(s) %s: run tools/install_deps" %
                 (ctx.name, target, ctx.attr.debian_packages))
        ctx.symlink(target, link)
    for path, text in ctx.attr.files.items():
        ctx.file(path, text)
    ctx.file("WORKSPACE", "workspace(name = %r)\n" % ctx.name)
    _write_build_files(ctx, texts)

system_repo = repository_rule(
    implementation = _system_repo_impl,
    local = True,
    configure = True,
    environ = ["PKG_CONFIG_PATH"],
    attrs = {
        "libs": attr.string_dict(doc = "package:target -> pkg-config modules, -l flags, :deps"),
        "links": attr.string_dict(doc = "path in the repository -> absolute path it points to"),
        "files": attr.string_dict(doc = "path in the repository -> text"),
        "extra": attr.string_dict(doc = "package -> text added to its BUILD file"),
        "debian_packages": attr.string(mandatory = True, doc = "what to install, for messages"),
        "version_header": attr.string(doc = "a header and the macro of the version in it"),
    },
)

def _rocksdb_repo_impl(ctx):
    packages = "librocksdb-dev"
    version = _pkg_config(ctx, packages, ["--modversion", "rocksdb"])
    flags = [f for f in _pkg_config(ctx, packages, ["--libs", "rocksdb"]).split(" ") if f]
    define = _version_define(ctx.name, version)
    env = ctx.os.environ
    if env.get("CLOUDLET_ROCKSDB_RELEASE", "") == "1":
        cache = env.get("XDG_CACHE_HOME", "") or env.get("HOME", "") + "/.cache"
        prefix = "%s/cloudlet/rocksdb-%s-release" % (cache, version)
        if not ctx.path(prefix + "/BUILD_INFO").exists:
            fail("--config=rocksdb_release: there is no release build of RocksDB %s in %s: " %
                 (version, prefix) + "run tools/rocksdb_release once (it takes 10 to 25 minutes)")
        flags = ["-L" + prefix + "/lib", "-Wl,-rpath," + prefix + "/lib", "-lrocksdb"]
        define += "_release"
    _write_build_files(ctx, {"": _cc_library("rocksdb", _as_needed(flags), [define], [])})
    ctx.file("WORKSPACE", "workspace(name = %r)\n" % ctx.name)

rocksdb_repo = repository_rule(
    implementation = _rocksdb_repo_impl,
    local = True,
    configure = True,
    environ = ["CLOUDLET_ROCKSDB_RELEASE", "HOME", "PKG_CONFIG_PATH", "XDG_CACHE_HOME"],
)

def _text_repo_impl(ctx):
    ctx.file("WORKSPACE", "workspace(name = %r)\n" % ctx.name)
    for path, text in ctx.attr.files.items():
        ctx.file(path, text)

text_repo = repository_rule(
    implementation = _text_repo_impl,
    attrs = {"files": attr.string_dict(mandatory = True, doc = "path -> text")},
)
