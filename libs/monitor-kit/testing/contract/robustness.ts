/** What a check does on a machine that nobody foresaw: this one, one whose files say anything, one that stops it. */
import { readdir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import fc from 'fast-check'
import { tempFolder, writeTree } from '../../../host/testing.ts'
import type { CheckResult } from '../../types.ts'
import { handClock } from '../hand-clock.ts'
import { recordedHost } from '../recorded-host.ts'
import { startCheck } from '../start-check.ts'
import type { Clause } from './clause.ts'
import { type CheckRoom, manyRuns } from './rooms.ts'
import { undeclaredIn } from './truth.ts'

/** Of each check: files that say anything at a time, and tries; `make soak` makes three hundred. */
const FILES_MAX = 40
const TRIES = Number(process.env['NODE_DOCTOR_SOAK_TRIES'] ?? 12)

/** A run that is to end has to let go of its process long before the pod's grace period is over. */
const STOP_MS = 1_000

/** This machine, from which nobody else is asked: where there are recorded answers they are those of a folder that is not there. */
async function onMachine(check: CheckRoom) {
  const clock = handClock()
  return { root: '', config: await check.usualConfig(), clock, shared: check.sharedOver('/nowhere', clock) }
}

const onThisMachine: Clause<CheckRoom> = {
  name: 'declares every condition, metric and event that it reports on this machine',
  async faults(check) {
    const run = startCheck(check.definition, await onMachine(check))
    return undeclaredIn(run.declared, await manyRuns(run))
  },
}

/** What stands in a fixture, without the number of its stage: files of a machine, and its programs. */
async function filesOf(fixture: string): Promise<readonly string[]> {
  const entries = await readdir(fixture, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
  return files.map((file) => relative(fixture, file).replace(/^\d+\//, '')).filter((file) => file !== 'config.json')
}

/** What a check reads, as its fixtures have it; of very many, some from everywhere. */
async function filesRead({ fixtures }: CheckRoom): Promise<readonly string[]> {
  const all = [...new Set((await Promise.all(fixtures.map(filesOf))).flat())].sort()
  // What is a file on one machine may be a folder on another; here it is a file.
  const files = all.filter((file) => !all.some((other) => file.startsWith(`${other}/`)))
  const every = Math.ceil(files.length / FILES_MAX)
  return files.filter((_, index) => index % every === 0)
}

async function faultsOver(check: CheckRoom, tree: Readonly<Record<string, string>>): Promise<readonly string[]> {
  await using folder = await tempFolder()
  await writeTree(folder.path, tree)
  const clock = handClock()
  const around = { clock, host: recordedHost(folder.path), shared: check.sharedOver(folder.path, clock) }
  const options = { root: folder.path, config: await check.usualConfig(), ...around }
  // A check without conditions tells its failure as the error of the run.
  const started = startCheck(check.definition, options)
  const result = await started.run().catch((): CheckResult => ({ findings: [] }))
  const problems = result.findings.filter(({ health }) => health === 'problem')
  return [
    ...problems.map(({ type, message }) => `${type} is a problem: ${message}`),
    ...undeclaredIn(started.declared, [result]),
  ]
}

/** A file without text is not there. */
function withoutHoles(tree: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(tree).filter((entry): entry is [string, string] => entry[1] !== undefined))
}

const whateverStandsThere: Clause<CheckRoom> = {
  name: 'whatever stands in its files, it says only what it declared, and no problem by accident',
  async faults(check) {
    const files = await filesRead(check)
    const text = fc.string({ maxLength: 80 })
    const trees: fc.Arbitrary<Record<string, string>> = fc
      .record(Object.fromEntries(files.map((path) => [path, fc.option(text, { freq: 8, nil: undefined })])))
      .map(withoutHoles)
    const property = fc.asyncProperty(trees, async (tree) => (await faultsOver(check, tree)).length === 0)
    const { failed, counterexample } = await fc.check(property, { numRuns: TRIES })
    if (!failed) return []
    const [tree = {}] = counterexample ?? []
    return (await faultsOver(check, tree)).map((fault) => `${fault}, of ${JSON.stringify(tree)}`)
  },
}

const letsGo: Clause<CheckRoom> = {
  name: 'a run that is to end ends within a second',
  async faults(check) {
    const stop = new AbortController()
    const run = startCheck(check.definition, await onMachine(check))
    const ended = run.run(0, stop.signal).then(
      () => [],
      () => [],
    )
    stop.abort()
    return Promise.race([ended, sleep(STOP_MS, [`has not ended after ${STOP_MS} ms`], { ref: false })])
  },
}

const stopsFollowing: Clause<CheckRoom> = {
  name: 'one that follows its source ends within a second when it is to end',
  async faults(check) {
    const started = startCheck(check.definition, await onMachine(check))
    if (!started.follows) return []
    const ended = started.follow().stop()
    const after = sleep(STOP_MS, [`has not ended after ${STOP_MS} ms`], { ref: false })
    return Promise.race([
      ended.then(
        () => [],
        () => [],
      ),
      after,
    ])
  },
}

/** Sentences about a machine that nobody foresaw. */
export const ROBUSTNESS_CLAUSES: readonly Clause<CheckRoom>[] = [
  onThisMachine,
  whateverStandsThere,
  letsGo,
  stopsFollowing,
]
