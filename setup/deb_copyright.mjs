// The package's copyright file (DEP-5): weir, each npm package that comes along, and Node.js where it does.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Debian's short names where they differ from SPDX's. */
const shortNames = { MIT: 'Expat' };
const apache = ` On Debian systems the full text of the Apache License, version 2.0, is in
 /usr/share/common-licenses/Apache-2.0.`;
const dualBsdGpl = ` Either the two-clause BSD license:
 .
 Redistribution and use in source and binary forms, with or without
 modification, are permitted provided that the following conditions are met:
 .
 1. Redistributions of source code must retain the above copyright notice,
    this list of conditions and the following disclaimer.
 2. Redistributions in binary form must reproduce the above copyright notice,
    this list of conditions and the following disclaimer in the documentation
    and/or other materials provided with the distribution.
 .
 THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND
 ANY EXPRESS OR IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE IMPLIED
 WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE
 DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR CONTRIBUTORS BE LIABLE
 FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL
 DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR
 SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER
 CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY,
 OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE
 OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.
 .
 Or the GNU General Public License, version 2, whose full text is on Debian
 systems in /usr/share/common-licenses/GPL-2.`;

/** As the field of a DEP-5 paragraph: each line behind a space, empty ones as a dot. */
function folded(text) {
  return text
    .trim()
    .split('\n')
    .map((line) => (line.trim() === '' ? ' .' : ` ${line.trimEnd()}`))
    .join('\n');
}

const noticeOfOwner = /^\W*(?:Copyright\b(?! notice| holder| License| and | \[|,)|\(c\) (?!You)|© ).*$/;

/** Who owns a package by its licence file, else by its package.json, and the conditions without title and owners. */
function readLicence({ folder, name, author, license }) {
  const names = readdirSync(folder).filter((file) => /^(?:licen[cs]e|copying)/i.test(file) && !/cc0/i.test(file));
  const text = names
    .sort()
    .map((file) => readFileSync(join(folder, file), 'utf8'))
    .join('\n');
  const lines = text.replaceAll('\r', '').split('\n');
  const owners = lines
    .filter((line) => noticeOfOwner.test(line))
    .map((line) => line.replace(/^[\W]*(?:Copyright\s*)?/i, '').trim());
  const named = typeof author === 'object' ? author.name : author;
  const conditions = lines
    .filter(
      (line) => !noticeOfOwner.test(line) && !/^\W*(?:the )?(?:MIT|ISC)(?: License)?\W*(?:\(MIT\))?\W*$/i.test(line),
    )
    .join('\n');
  const notices = readdirSync(folder).filter((file) => /^notice/i.test(file));
  return {
    owners: owners.length > 0 ? [...new Set(owners)] : [`${named ?? `the authors of ${name}`}`],
    conditions: license.includes('Apache') ? '' : conditions.trim(),
    notice: notices.map((file) => readFileSync(join(folder, file), 'utf8')).join('\n'),
  };
}

/** Equal but for layout and quotes. */
const essence = (text) => text.toLowerCase().replace(/[^a-z0-9]+/g, '');

/** One licence paragraph for all packages with the same words; a package without any gets those of its kind. */
class Licences {
  #texts = new Map();

  nameOf({ name, license }, conditions) {
    const short =
      shortNames[license] ??
      license
        .replace(/[()]/g, '')
        .replaceAll(' OR ', ' or ')
        .split(' or ')
        .map((id) => shortNames[id] ?? id)[0];
    if (license.includes('Apache')) return short;
    const known = [...this.#texts].find(
      ([key, text]) => key.startsWith(short) && (conditions === '' || essence(text) === essence(conditions)),
    );
    if (known) return known[0];
    if (conditions === '') throw new Error(`${name} has no licence text, and no package has one of ${license}`);
    const own = this.#texts.has(short) ? `${short}-${name.replace(/[^a-z0-9]+/gi, '-').replace(/^-/, '')}` : short;
    this.#texts.set(own, conditions);
    return own;
  }

  paragraphs() {
    return [...this.#texts].map(([name, text]) => `License: ${name}\n${folded(text)}`);
  }
}

/** The whole file. modules: as productionPackages() gives them; node: the licence of a Node.js that comes along. */
export function copyrightText(modules, node) {
  const licences = new Licences();
  const read = modules.map((module) => ({ module, ...readLicence(module) }));
  read.sort((a, b) => Number(a.conditions === '') - Number(b.conditions === '')); // texts before those that borrow them
  const files = read.map(({ module, owners, conditions, notice }) => {
    const paragraph = [
      `Files: usr/lib/weir/${module.path}/*`,
      `Copyright: ${owners.join('\n           ')}`,
      `License: ${licences.nameOf(module, conditions)}`,
      `Comment: npm package ${module.name} ${module.version}${notice === '' ? '' : `\n${folded(notice)}`}`,
    ];
    return paragraph.join('\n');
  });
  const paragraphs = [
    'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\nUpstream-Name: weir',
    'Files: *\nCopyright: weir developers\nLicense: Apache-2.0',
    'Files: usr/lib/weir/build/native/weir.node\nCopyright: weir developers\nLicense: Apache-2.0 and Dual-BSD-GPL\n' +
      'Comment: The BPF programs inside are Dual BSD/GPL, all else is Apache-2.0.',
    ...files.sort(),
    ...(node === undefined
      ? []
      : ['Files: usr/lib/weir/node\nCopyright: Node.js contributors and others, see the license\nLicense: Nodejs']),
    `License: Apache-2.0\n${apache}`,
    `License: Dual-BSD-GPL\n${dualBsdGpl}`,
    ...licences.paragraphs(),
    ...(node === undefined ? [] : [`License: Nodejs\n${folded(node)}`]),
  ];
  return `${paragraphs.join('\n\n')}\n`;
}
