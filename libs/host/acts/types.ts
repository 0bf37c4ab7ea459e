/** What is done to a machine. Only who repairs it takes this door; everybody else has `Host`, which reads. */
import type { BusSaid } from '../units/system-bus.ts'
import type { UnitOptions } from '../units/types.ts'

/** What a job does to a unit. */
export type JobVerb = 'start' | 'stop' | 'restart' | 'reload'

/** A unit as whoever acts on it has to know it. systemd's own words. */
export interface UnitStanding {
  /** Its own name, where an alias was asked for. */
  readonly id: string
  /** All names that it has. */
  readonly names: readonly string[]
  readonly loadState: string
  readonly activeState: string
  readonly subState: string
  /** Of the life that it is in: another one after each start. "" where it was never started. */
  readonly invocationId: string
  /** A job for it waits or runs. */
  readonly hasJob: boolean
  readonly canReload: boolean
  /** Nobody may start it by hand; nobody may stop it by hand. */
  readonly refusesStart: boolean
  readonly refusesStop: boolean
  /** Units that systemd stops where this one is stopped or restarted: they require it, are bound to it or part of it, or it says so. */
  readonly stopsWith: readonly string[]
  /** Of a service: undefined where there is none now, and of what is no service. */
  readonly mainPid: number | undefined
  /** Of a service: why it was last not active ("start-limit-hit"); "" of what is none. */
  readonly result: string
}

/**
 * How a job ended, in systemd's own words: "done", "failed", "timeout", "canceled", "dependency", "skipped" … `running`: it was not
 * over when the time was, and goes on. `unheard`: it was accepted, and the bus was lost, or refused to tell, before its end was told.
 */
export interface JobEnd {
  readonly result: string
}

/** A host's program as a unit of its own. */
export interface TransientUnit {
  /** "node-doctor-act-3f2a91c0-17.service" */
  readonly name: string
  readonly description: string
  /** The first word is the absolute path of a program of the host. */
  readonly command: readonly [string, ...string[]]
  /** Commands that run when it is over, however it ended, also by SIGKILL; in this order, each whatever came of the one before. */
  readonly afterwards: readonly (readonly [string, ...string[]])[]
  /** They put something back, and have 5 s for it, as has what is to end before them; else 2 s. */
  readonly isPutBack: boolean
  /** Beside what systemd gives to everybody. */
  readonly env: Readonly<Record<string, string>>
  /** Then systemd ends it: SIGTERM to all of it, SIGKILL after 2 s. */
  readonly runMs: number
}

/** The systemd of the host, told what to do. Every call has a deadline (default 5 s) and never throws for what systemd does. */
export interface Systemd {
  /** @throws the signal's reason, of all of them */
  standing(name: string, options?: UnitOptions): Promise<BusSaid<UnitStanding>>
  /** Queues a job, and waits for its end for as long as `timeoutMs`. */
  job(verb: JobVerb, name: string, options: UnitOptions): Promise<BusSaid<JobEnd>>
  /** Forgets that a unit failed, and how often it was started. */
  resetFailed(name: string, options?: UnitOptions): Promise<BusSaid<void>>
  /** false: a unit of that name is there already. */
  startTransient(unit: TransientUnit, options?: UnitOptions): Promise<BusSaid<boolean>>
}
