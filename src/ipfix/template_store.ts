// Templates by Transport Session and Observation Domain, in bounded memory: the session not heard of for longest goes
// first.

import type { Decode } from './decode_value.js';
import type { NamedElement } from './iana_elements.js';

export interface FieldSpecifier {
  enterprise: number;
  id: number;
  /** Octets, or 65535 for variable length (RFC 7011 section 7). */
  length: number;
  scope: boolean;
}

/** A field as the reader decodes it. */
export interface Column {
  name: string;
  length: number;
  decode: Decode;
}

export interface Template {
  id: number;
  options: boolean;
  specifiers: FieldSpecifier[];
  /** Octets of the shortest record; always above 0. */
  minLength: number;
  /** The template record as it came, to tell a refresh from a redefinition. */
  raw: Buffer;
  /** Made when first needed; dropped when the session teaches new names. */
  columns?: Column[];
  scope?: string[];
}

export interface Domain {
  templates: Map<number, Template>;
  /** Sequence number that the next message should have. */
  expected: number | undefined;
}

export interface Session {
  domains: Map<string, Domain>;
  /** Names that RFC 5610 records taught, by `enterprise.id`. */
  learned: Map<string, NamedElement>;
  /** Field specifiers in all templates. */
  fields: number;
}

export interface StoreLimits {
  sessions: number;
  domainsPerSession: number;
  /** Field specifiers in all templates of one session, and of all sessions. */
  fieldsPerSession: number;
  fields: number;
}

export const defaultLimits: StoreLimits = {
  sessions: 1024,
  domainsPerSession: 256,
  fieldsPerSession: 1 << 16,
  fields: 1 << 18,
};

const templateCost = 4; // what a template costs besides its fields

export class TemplateStore {
  #sessions = new Map<string, Session>();
  #limits: StoreLimits;
  #fields = 0;
  /** Sessions and domains that were forgotten for want of room. */
  evicted = 0;

  constructor(limits: Partial<StoreLimits> = {}) {
    this.#limits = { ...defaultLimits, ...limits };
  }

  get sessions(): number {
    return this.#sessions.size;
  }

  get fields(): number {
    return this.#fields;
  }

  /** The session; it becomes the most recently used one. */
  session(key: string): Session {
    let session = this.#sessions.get(key);
    if (session === undefined) session = { domains: new Map(), learned: new Map(), fields: 0 };
    else this.#sessions.delete(key);
    this.#sessions.set(key, session);
    while (this.#sessions.size > this.#limits.sessions) this.#evictOldest();
    return session;
  }

  domain(session: Session, key: string): Domain {
    let domain = session.domains.get(key);
    if (domain === undefined) domain = { templates: new Map(), expected: undefined };
    else session.domains.delete(key);
    session.domains.set(key, domain);
    if (session.domains.size > this.#limits.domainsPerSession) this.#evictDomain(session);
    return domain;
  }

  /** Keeps a template; false when the session has no room for it. */
  add(session: Session, domain: Domain, template: Template): boolean {
    this.remove(session, domain, template.id);
    const cost = template.specifiers.length + templateCost;
    if (session.fields + cost > this.#limits.fieldsPerSession) return false;
    domain.templates.set(template.id, template);
    session.fields += cost;
    this.#fields += cost;
    while (this.#fields > this.#limits.fields && this.#sessions.size > 1) this.#evictOldest();
    return true;
  }

  remove(session: Session, domain: Domain, id: number): boolean {
    const template = domain.templates.get(id);
    if (template === undefined) return false;
    domain.templates.delete(id);
    this.#release(session, template);
    return true;
  }

  /** The Transport Session has ended: its templates are void (RFC 7011 section 8). */
  forget(key: string): void {
    const session = this.#sessions.get(key);
    if (session === undefined) return;
    this.#sessions.delete(key);
    this.#fields -= session.fields;
  }

  #release(session: Session, template: Template): void {
    const cost = template.specifiers.length + templateCost;
    session.fields -= cost;
    this.#fields -= cost;
  }

  #evictOldest(): void {
    const [oldest] = this.#sessions.keys();
    if (oldest === undefined) return;
    this.forget(oldest);
    this.evicted++;
  }

  #evictDomain(session: Session): void {
    const [oldest] = session.domains;
    if (oldest === undefined) return;
    session.domains.delete(oldest[0]);
    for (const template of oldest[1].templates.values()) this.#release(session, template);
    this.evicted++;
  }
}
