/** A disk with SCSI-3 persistent reservations (SPC-4 §5.12): who registered, who holds, and who has yet to be told of it. */

/** GOOD, RESERVATION CONFLICT, or CHECK CONDITION with ILLEGAL REQUEST. */
export type Answer = 'good' | 'conflict' | 'illegal';

export interface Held {
  readonly nexus: string;
  readonly key: bigint;
  readonly type: number;
}

/** Types under which all registrants hold the reservation together. */
const allRegistrants = [7, 8];
const registrantsOnly = [5, 6, 7, 8];

/** An I_T nexus is the name of one initiator's way to the disk: `node1:0`. */
export class Lun {
  generation = 0;
  readonly registrations = new Map<string, bigint>();
  held: Held | undefined;
  /** Nexuses that get UNIT ATTENTION for their next command. */
  readonly attention = new Set<string>();
  /** Signatures that wipefs would find. */
  signatures: string[] = [];
  /** 3PAR keeps one registration for each initiator, whatever path it came by: then this gives the part of a nexus that counts. */
  initiatorOf = (nexus: string): string => nexus;
  supported = true;
  writeProtected = false;

  readonly wwid: string;
  readonly vendor: string;
  readonly model: string;

  constructor(wwid: string, vendor = 'LIO-ORG', model = 'disk') {
    this.wwid = wwid;
    this.vendor = vendor;
    this.model = model;
  }

  /** `ignore`: whatever key was there before. A key of 0 takes the registration back. */
  register(nexus: string, key: bigint, old: bigint | 'ignore'): Answer {
    const who = this.initiatorOf(nexus);
    const before = this.registrations.get(who);
    if (old !== 'ignore' && (before ?? 0n) !== old) return 'conflict';
    if (key !== 0n) {
      this.registrations.set(who, key);
      if (this.held?.nexus === who) this.held = { ...this.held, key };
      this.generation += 1;
      return 'good';
    }
    if (before === undefined) return 'good';
    this.registrations.delete(who);
    this.generation += 1;
    const isLast = this.held !== undefined && allRegistrants.includes(this.held.type) && this.registrations.size === 0;
    if (this.held?.nexus === who || isLast) this.drop(who);
    return 'good';
  }

  reserve(nexus: string, key: bigint, type: number): Answer {
    const who = this.initiatorOf(nexus);
    if (this.registrations.get(who) !== key) return 'conflict';
    if (this.held !== undefined) return this.held.nexus === who && this.held.type === type ? 'good' : 'conflict';
    this.held = { nexus: who, key, type };
    return 'good';
  }

  /** From a registered nexus that does not hold it, nothing happens, and that is no error. */
  release(nexus: string, key: bigint, type: number): Answer {
    const who = this.initiatorOf(nexus);
    if (this.registrations.get(who) !== key) return 'conflict';
    if (this.held === undefined || (this.held.nexus !== who && !allRegistrants.includes(this.held.type))) return 'good';
    if (this.held.type !== type) return 'illegal';
    this.drop(who);
    return 'good';
  }

  clear(nexus: string, key: bigint): Answer {
    const who = this.initiatorOf(nexus);
    if (this.registrations.get(who) !== key) return 'conflict';
    this.tell([...this.registrations.keys()].filter((other) => other !== who));
    this.registrations.clear();
    this.held = undefined;
    this.generation += 1;
    return 'good';
  }

  preempt(nexus: string, key: bigint, victim: bigint, type: number): Answer {
    const who = this.initiatorOf(nexus);
    if (this.registrations.get(who) !== key) return 'conflict';
    if (victim === 0n) return 'illegal';
    const victims = [...this.registrations].filter(([, one]) => one === victim).map(([one]) => one);
    if (victims.length === 0) return 'conflict';
    if (this.held?.key === victim) this.held = { nexus: who, key, type };
    const gone = victims.filter((one) => one !== who);
    for (const one of gone) this.registrations.delete(one);
    this.tell(gone);
    this.generation += 1;
    return 'good';
  }

  /** A write of data through this nexus. */
  mayWrite(nexus: string): boolean {
    const who = this.initiatorOf(nexus);
    if (this.held === undefined || this.held.nexus === who) return true;
    return registrantsOnly.includes(this.held.type) && this.registrations.has(who);
  }

  private drop(by: string): void {
    const type = this.held?.type ?? 0;
    this.held = undefined;
    if (registrantsOnly.includes(type)) this.tell([...this.registrations.keys()].filter((other) => other !== by));
  }

  private tell(nexuses: readonly string[]): void {
    for (const nexus of nexuses) this.attention.add(nexus);
  }
}
