// npm run deb: builds weir and puts it into build/weir_VERSION_ARCH.deb, ready to install on this release of Debian or Ubuntu.
// Root is not needed, except to install what building needs. What dpkg runs and the configuration are in config/debian.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { copyrightText } from './deb_copyright.mjs';
import { copyRunning, productionPackages } from './deb_modules.mjs';
import { buildProbe, ensurePackages, output, packages, root, run, say } from './steps.mjs';

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const program = '/usr/lib/weir';

/** When what is packaged was made: the last commit, so that the same commit gives the same package. */
function sourceTime() {
  if (process.env.SOURCE_DATE_EPOCH) return process.env.SOURCE_DATE_EPOCH;
  const asked = spawnSync('git', ['-C', root, 'log', '-1', '--format=%ct'], { encoding: 'utf8' });
  if (asked.status === 0) return asked.stdout.trim();
  return String(Math.floor(statSync(join(root, 'package.json')).mtimeMs / 1000));
}

/** As dpkg-buildpackage does: DEBFULLNAME and DEBEMAIL name who makes the package. */
const maintainer = `${process.env.DEBFULLNAME ?? 'weir developers'} <${process.env.DEBEMAIL ?? 'weir@weir-probe.invalid'}>`;

/** Whether apt could install a Node.js that is new enough; what is merely installed here does not count. */
function aptHasNode() {
  const offered = spawnSync('apt-cache', ['madison', 'nodejs'], { encoding: 'utf8' }).stdout ?? '';
  return offered.split('\n').some((line) => Number(/\|\s*(\d+)\./.exec(line)?.[1] ?? 0) >= 20);
}

/** Licence of the Node.js that runs this script, where its packages and archives keep it. */
function nodeLicence() {
  const above = dirname(dirname(process.execPath));
  const places = [join(above, 'LICENSE'), join(above, 'share', 'doc', 'nodejs', 'LICENSE')];
  const found = places.find((path) => existsSync(path));
  if (found !== undefined) return readFileSync(found, 'utf8');
  say(`Node.js is to be part of the package, but its licence is neither of ${places.join(', ')}`);
  return process.exit(1);
}

/** The staged tree. Everything is owned by root (--root-owner-group) and has mode 0644 or 0755, whatever the umask here. */
class Stage {
  constructor(folder) {
    this.folder = folder;
  }

  at(path) {
    return join(this.folder, path);
  }

  folderOf(path) {
    let folder = this.folder;
    for (const name of dirname(path).split('/').filter(Boolean)) {
      folder = join(folder, name);
      if (!existsSync(folder)) mkdirSync(folder);
      chmodSync(folder, 0o755);
    }
    return this.at(path);
  }

  write(path, content, mode = 0o644) {
    writeFileSync(this.folderOf(path), content);
    chmodSync(this.at(path), mode);
  }

  copy(from, path, mode = 0o644) {
    copyFileSync(from, this.folderOf(path));
    chmodSync(this.at(path), mode);
  }

  /** Policy wants documents of some size and man pages compressed, without a time in them. */
  compressed(path, content) {
    this.write(`${path}.gz`, gzipSync(content, { level: 9 }));
  }

  link(path, target) {
    symlinkSync(target, this.folderOf(path));
  }

  /** Regular files, sorted. */
  files() {
    return readdirSync(this.folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(this.folder.length + 1))
      .sort();
  }
}

function strip(from, stage, path, mode) {
  run('strip', ['--strip-unneeded', '--remove-section=.comment', '-o', stage.folderOf(path), from]);
  chmodSync(stage.at(path), mode);
}

function stageProgram(stage, bundled) {
  strip(join(root, 'build', 'native', 'weir.node'), stage, `${program}/build/native/weir.node`, 0o644);
  if (bundled) strip(process.execPath, stage, `${program}/node`, 0o755);
  const files = copyRunning(join(root, 'dist', 'src'), (name, content) =>
    stage.write(`${program}/dist/src/${name}`, content),
  );
  if (files === 0) throw new Error('dist/src is empty');
  for (const name of readdirSync(join(root, 'templates')).filter((name) => name.endsWith('.tmpl'))) {
    stage.copy(join(root, 'templates', name), `${program}/templates/${name}`);
  }
  stage.copy(join(root, 'src/identity/runtime_v1.proto'), `${program}/src/identity/runtime_v1.proto`);
  const { name, version, description, license, type, engines, dependencies } = manifest;
  const own = { name, version, description, license, type, engines, dependencies, installedBy: 'deb' };
  stage.write(`${program}/package.json`, `${JSON.stringify(own, null, 2)}\n`);
  const cli = `${program}/dist/src/cli.js`;
  const interpreter = bundled ? `${program}/node` : '/usr/bin/node';
  stage.write(cli, readFileSync(stage.at(cli), 'utf8').replace(/^#!.*/, `#!${interpreter}`), 0o755);
  stage.link('/usr/bin/weir', '../lib/weir/dist/src/cli.js');
}

/** The npm packages that weir runs with; those of them that are left when types and documents are taken away. */
function stageModules(stage) {
  return productionPackages(root).filter(
    ({ path, folder, commands }) =>
      copyRunning(folder, (name, content) => stage.write(`${program}/${path}/${name}`, content), commands) > 0,
  );
}

function stageService(stage) {
  for (const unit of ['weir.service', 'weir@.service']) {
    stage.copy(join(root, 'config', unit), `/lib/systemd/system/${unit}`);
  }
  stage.copy(join(root, 'config/debian/weir.yaml'), '/etc/weir/weir.yaml');
  const generated = {
    'weir.1': (text) => stage.compressed('/usr/share/man/man1/weir.1', text),
    'completion/weir.bash': (text) => stage.write('/usr/share/bash-completion/completions/weir', text),
    'completion/_weir': (text) => stage.write('/usr/share/zsh/vendor-completions/_weir', text),
    'completion/weir.fish': (text) => stage.write('/usr/share/fish/vendor_completions.d/weir.fish', text),
  };
  for (const [name, put] of Object.entries(generated)) {
    put(readFileSync(join(root, 'config', name)));
  }
}

function stageDocuments(stage, modules, node, seconds) {
  const doc = '/usr/share/doc/weir';
  const text = (path) => readFileSync(join(root, path), 'utf8');
  stage.compressed(`${doc}/README.md`, text('README.md'));
  stage.compressed(`${doc}/fields.md`, text('templates/README.md'));
  stage.write(`${doc}/README.Debian`, text('config/debian/README.Debian'));
  stage.write(`${doc}/copyright`, copyrightText(modules, node));
  stage.compressed(
    `${doc}/changelog`,
    `weir (${manifest.version}) unstable; urgency=medium\n\n  * Release ${manifest.version}.\n\n` +
      ` -- ${maintainer}  ${new Date(seconds * 1000).toUTCString().replace('GMT', '+0000')}\n`,
  );
  for (const name of ['weir.yaml', 'grafana.json']) stage.copy(join(root, 'config', name), `${doc}/examples/${name}`);
  for (const name of readdirSync(join(root, 'examples')))
    stage.copy(join(root, 'examples', name), `${doc}/examples/${name}`);
  for (const name of readdirSync(join(root, 'config/schema'))) {
    stage.copy(join(root, 'config/schema', name), `${doc}/examples/schema/${name}`);
  }
  stage.copy(join(root, 'config/debian/lintian-overrides'), '/usr/share/lintian/overrides/weir');
}

/** Depends by Debian's own tool: of the addon, of a Node.js that comes along, and of a stub linked to what the addon loads. */
function dependencies(stage, bundled) {
  const folder = mkdtempSync(join(tmpdir(), 'weir-deb-'));
  try {
    mkdirSync(join(folder, 'debian'));
    writeFileSync(join(folder, 'debian', 'control'), 'Source: weir\n\nPackage: weir\nArchitecture: any\n');
    const stub = join(folder, 'loaded.so');
    run('g++', [
      '-shared',
      '-o',
      stub,
      '-Wl,--no-as-needed',
      '-lndpi',
      '-lrdkafka',
      '-Wl,--as-needed',
      '-x',
      'c++',
      '/dev/null',
    ]);
    const programs = [stage.at(`${program}/build/native/weir.node`), stub];
    if (bundled) programs.push(stage.at(`${program}/node`));
    const said = output('dpkg-shlibdeps', ['-O', '--warnings=0', ...programs.map((path) => `-e${path}`)], {
      cwd: folder,
    });
    const libraries = /^shlibs:Depends=(.*)$/m.exec(said)[1];
    return [libraries, 'adduser', ...(bundled ? [] : ['nodejs (>= 20)'])].join(', ');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function control(stage, architecture, depends) {
  const files = stage.files();
  const sums = files.map((name) => [
    createHash('md5')
      .update(readFileSync(stage.at(name)))
      .digest('hex'),
    name,
  ]);
  const kibibytes = files.reduce((sum, name) => sum + Math.ceil(statSync(stage.at(name)).size / 1024), 0);
  for (const script of ['postinst', 'prerm', 'postrm']) {
    stage.copy(join(root, 'config/debian', script), `/DEBIAN/${script}`, 0o755);
  }
  stage.write(
    '/DEBIAN/conffiles',
    files
      .filter((name) => name.startsWith('etc/'))
      .map((name) => `/${name}\n`)
      .join(''),
  );
  stage.write(
    '/DEBIAN/md5sums',
    sums
      .filter(([, name]) => !name.startsWith('etc/'))
      .map((pair) => `${pair.join('  ')}\n`)
      .join(''),
  );
  stage.write(
    '/DEBIAN/control',
    `Package: weir
Version: ${manifest.version}
Section: net
Priority: optional
Architecture: ${architecture}
Maintainer: ${maintainer}
Installed-Size: ${kibibytes}
Depends: ${depends}
Description: flow probe with processes, containers and applications
 weir meters the packets of network interfaces as bidirectional flows, names
 the process, user and container at both ends of each flow and the application
 inside it, and exports flows as IPFIX, NetFlow or JSON to collectors, files
 and Kafka.
 .
 This package has the service weir and the command of the same name.
`,
  );
}

function build() {
  ensurePackages([...packages.build, ...packages.optional, ...packages.bpf, ...packages.deb], { required: true });
  buildProbe();
  const seconds = sourceTime();
  const bundled = !aptHasNode();
  const architecture = output('dpkg', ['--print-architecture']).trim();
  const stage = new Stage(join(root, 'build', 'deb'));
  rmSync(stage.folder, { recursive: true, force: true });
  mkdirSync(stage.folder, { recursive: true });
  chmodSync(stage.folder, 0o755);
  stageProgram(stage, bundled);
  stageService(stage);
  stageDocuments(stage, stageModules(stage), bundled ? nodeLicence() : undefined, seconds);
  control(stage, architecture, dependencies(stage, bundled));
  const file = join(root, 'build', `weir_${manifest.version}_${architecture}.deb`);
  run('dpkg-deb', ['--root-owner-group', '-z3', '--build', stage.folder, file], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, SOURCE_DATE_EPOCH: seconds },
  });
  rmSync(stage.folder, { recursive: true });
  const node = bundled
    ? `with Node.js ${process.version} inside, since apt has none from 20 on`
    : 'which depends on nodejs (>= 20) of apt';
  say(`build/${basename(file)}, ${(statSync(file).size / 2 ** 20).toFixed(1)} MiB, ${node}`);
}

build();
