/** What is wrong with a history, held against what really happened. */
import type { Remediation, ToldRemediation } from '#model'
import { CHECKS, COOLDOWN_MS, type Doing, type KillWorld } from './testing-world.ts'

type Kind<K extends Remediation['kind']> = Extract<Remediation, { readonly kind: K }>

function ofKind<K extends Remediation['kind']>(records: readonly ToldRemediation[], kind: K): readonly Kind<K>[] {
  return records.flatMap(({ what }) => (what.kind === kind ? [what as Kind<K>] : []))
}

function twice(what: string, all: readonly string[]): readonly string[] {
  const seen = new Set<string>()
  return all.flatMap((each) => {
    if (seen.has(each)) return [`${what} twice: ${each}`]
    seen.add(each)
    return []
  })
}

/** An attempt's end says what its script did. */
function dishonest(ended: Kind<'ended'>, started: Kind<'started'>, doings: readonly Doing[]): readonly string[] {
  if (started.act.strategy !== 'custom-script') return []
  const did = doings.filter(({ attempt }) => attempt === ended.attempt)
  const said = `${ended.attempt} of ${started.act.target} is said to be ${ended.outcome} (${ended.message})`
  const isWhole = did.some(({ what }) => what === 'ended')
  if (ended.outcome === 'succeeded') return isWhole ? [] : [`${said}, and did not end`]
  if (ended.outcome === 'declined') return did.length === 0 ? [] : [`${said}, and ran`]
  // Killed before it was asked for: whoever would have run it never heard of it.
  if (ended.outcome === 'lost' && did.length === 0) return []
  return ['script:/opt/fail', 'script:/opt/hang'].includes(started.act.target)
    ? []
    : [`${said}, and nothing was wrong with it`]
}

/** More often, or sooner, than its limits say. @param started those that were not declined: of what was not done nothing counts */
function tooOften(started: readonly Kind<'started'>[], doings: readonly Doing[]): readonly string[] {
  const began = doings.filter(({ what }) => what === 'began')
  const faults: string[] = []
  for (const fingerprint of new Set(started.map(({ problem }) => problem.opening.fingerprint))) {
    const attempts = started.filter(({ problem }) => problem.opening.fingerprint === fingerprint)
    const [check] = attempts.map(({ problem }) => problem.check)
    const { maxAttempts } = CHECKS[check as keyof typeof CHECKS]
    if (attempts.length > maxAttempts) faults.push(`${fingerprint}: ${attempts.length} attempts of ${maxAttempts}`)
    const times = began.filter((one) => one.fingerprint === fingerprint).map(({ atMs }) => atMs)
    for (const [index, atMs] of times.slice(1).entries()) {
      const apartMs = atMs - (times[index] ?? 0)
      // Its own clock is the wall's.
      if (apartMs < COOLDOWN_MS - 20) faults.push(`${fingerprint}: again after ${apartMs} ms`)
    }
  }
  return faults
}

/** All of the journal that is remembered, the oldest first. */
async function allRecords(world: KillWorld): Promise<readonly ToldRemediation[]> {
  let records: readonly ToldRemediation[] = []
  for (;;) {
    const [oldest] = records
    const earlier = await world.records(oldest?.sequence ?? 0)
    if (earlier.length === 0) return records
    records = [...earlier, ...records]
  }
}

/** What is wrong; nothing, where all is as it should be. */
export async function faultsOf(world: KillWorld): Promise<readonly string[]> {
  const records = await allRecords(world)
  // What the journal has forgotten is told of nothing any more: an attempt is called by the number of its record.
  const isRemembered = (attempt: string) => Number(attempt.split('-')[1]) >= (records[0]?.sequence ?? 0)
  const doings = world.doings().filter(({ attempt }) => isRemembered(attempt))
  const started = ofKind(records, 'started')
  const ended = ofKind(records, 'ended').filter(({ attempt }) => isRemembered(attempt))
  const byName = new Map(started.map((one) => [one.attempt, one]))
  const names = (all: readonly { readonly attempt: string }[]) => all.map(({ attempt }) => attempt)
  const open = started.filter(({ attempt }) => !names(ended).includes(attempt))
  const declined = names(ended.filter(({ outcome }) => outcome === 'declined'))
  const keyOf = ({ journal, sequence }: ToldRemediation) => `${journal} ${sequence}`
  const isAllTold = async () =>
    (await world.told()).at(-1)?.sequence === records.findLast(({ what }) => what.kind !== 'tick')?.sequence
  await world.until('all is told', isAllTold)
  const told = (await world.told()).map(keyOf)
  const isTold = new Set(told)
  return [
    ...twice('run', names(doings.filter(({ what }) => what === 'began'))),
    ...twice('begun', names(started)),
    ...twice('ended', names(ended)),
    ...twice('verified', names(ofKind(records, 'verified'))),
    ...twice('told', told),
    ...records
      .filter((record) => record.what.kind !== 'tick' && !isTold.has(keyOf(record)))
      .map((record) => `not told: ${record.what.kind} ${keyOf(record)}`),
    ...names(doings).flatMap((attempt) => (byName.has(attempt) ? [] : [`run, and not in the journal: ${attempt}`])),
    ...open.map(({ attempt }) => `without an end: ${attempt}`),
    ...ended.flatMap((one) => {
      const of = byName.get(one.attempt)
      return of === undefined ? [`ended, and never begun: ${one.attempt}`] : dishonest(one, of, doings)
    }),
    ...tooOften(
      started.filter(({ attempt }) => !declined.includes(attempt)),
      doings,
    ),
  ]
}
