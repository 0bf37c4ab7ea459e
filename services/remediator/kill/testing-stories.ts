/** What happens to a node, each so often as it is told, and what of it reaches which steps. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Remediation } from '#model'
import { RemediatorService } from '#proto/nodedoctor/v1/remediation.ts'
import { PAUSE_MS } from '#remedies'
import { run } from '../../../libs/host/testing.ts'
import { CORDONED } from '../drain/cordon.ts'
import type { Ailment, Check, KillWorld } from './testing-world.ts'

/** One of them: it resolves when everything is well again, and all of it is written down. */
export type Story = (world: KillWorld, name: string) => Promise<void>

const NODE = 'worker-7'

/** Records about one problem. */
async function about(world: KillWorld, { fingerprint }: Ailment): Promise<readonly Remediation[]> {
  const attempts = new Set<string>()
  return (await world.records()).flatMap(({ what }): Remediation[] => {
    if ('problem' in what && what.problem.opening.fingerprint === fingerprint) {
      if (what.kind === 'started') attempts.add(what.attempt)
      return [what]
    }
    if ('opening' in what && what.opening.fingerprint === fingerprint) return [what]
    return 'attempt' in what && attempts.has(what.attempt) ? [what] : []
  })
}

/** Every attempt about it has come to its end, and it is known that it is over. */
async function isSettled(world: KillWorld, ailment: Ailment): Promise<boolean> {
  if (!ailment.isOver) return false
  const records = await about(world, ailment)
  const of = (kind: string) => records.filter((what) => what.kind === kind)
  const open = of('started').filter((what) => {
    const { attempt } = what as Extract<Remediation, { kind: 'started' }>
    const ended = records.find((one) => one.kind === 'ended' && one.attempt === attempt)
    if (ended?.kind !== 'ended') return true
    return ended.outcome === 'succeeded' && !records.some((one) => one.kind === 'verified' && one.attempt === attempt)
  })
  return of('started').length > 0 && of('seen').length > 0 && open.length === 0
}

async function repaired(
  world: KillWorld,
  check: Check,
  entity: string,
  isMended: (fingerprint: string) => Promise<boolean>,
) {
  const ailment = await world.ails(check, entity, isMended)
  await world.until(`${entity} is repaired, and that is known`, () => isSettled(world, ailment))
}

const isCordoned = (world: KillWorld) => world.place.api.node(NODE)?.spec?.unschedulable === true
const isTainted = (world: KillWorld) => (world.place.api.node(NODE)?.spec?.taints ?? []).length > 0
const startsOf = ({ shared }: KillWorld) => readFileSync(join(shared, 'starts'), 'utf8').split('\n').length - 1
const isOurs = (world: KillWorld) => world.place.api.node(NODE)?.metadata.annotations?.[CORDONED] !== undefined

async function podGone(world: KillWorld, pod: string): Promise<boolean> {
  return (await world.place.moved()).includes(pod)
}

/** A person gives his leave for what waits for it, as often as it waits. */
async function approveAll(world: KillWorld): Promise<void> {
  const { plans } = await world.ask((client) => client.call(RemediatorService.plan, { problem: '' }))
  for (const { acts } of plans) {
    for (const { id, gates } of acts) {
      const waits = gates.some(({ gate, text }) => gate === 'approval' && text.includes('it waits for'))
      if (waits) await world.ask((client) => client.call(RemediatorService.approve, { id, by: 'ann' }))
    }
  }
}

const STORIES = {
  /** It begins anew: the first, so that whatever else begins it is not taken for what reaches that. */
  async begins(world) {
    const { starts } = world.remediator
    await world.until('it runs', () => world.records().then(() => true))
    world.remediator.restart()
    await world.until(
      'it runs again',
      async () => world.remediator.starts > starts && (await world.records()).length > 0,
    )
  },
  /** A script mends it; that is seen by a look that was asked for. */
  script(world, name) {
    const before = world.steps().length
    const isLookedFor = () => world.steps().slice(before).includes('look asked for')
    const isMended = async (fingerprint: string) =>
      existsSync(join(world.shared, 'mended', fingerprint)) && isLookedFor()
    return repaired(world, 'script', `x:${name}`, isMended)
  },
  /** A script fails until there are no attempts left; a person forgets that, and it goes by itself. */
  async fails(world, name) {
    let isGone = false
    const ailment = await world.ails('fails', `x:${name}`, async () => isGone)
    const has = async (kind: string) => (await about(world, ailment)).some((what) => what.kind === kind)
    await world.until(`${name} is left to people`, () => has('exhausted'))
    isGone = true
    await world.until(`${name} is seen to be gone`, async () => ailment.isOver && (await has('seen')))
    const what = ailment.fingerprint
    const isReset = async () =>
      (await world.records()).some((one) => one.what.kind === 'reset' && one.what.fingerprint === what)
    await world.until(`${name} is forgotten`, async () => {
      if (!(await isReset())) await world.ask((client) => client.call(RemediatorService.reset, { what, by: 'ann' }))
      return isReset()
    })
  },
  unit(world, name) {
    const before = startsOf(world)
    return repaired(world, 'unit', `unit:${name}`, async () => startsOf(world) > before)
  },
  async cordon(world, name) {
    await repaired(world, 'cordon', `x:${name}`, async () => isOurs(world))
    await world.until('the cordon is off again', () => !isCordoned(world))
  },
  async taint(world, name) {
    await repaired(world, 'taint', `x:${name}`, async () => isTainted(world))
    await world.until('the taint is off again', () => !isTainted(world))
  },
  async pod(world, name) {
    await world.place.makePod({ name, node: NODE })
    const done = repaired(world, 'pod', `pod:default/${name}`, () => podGone(world, name))
    const state = { isOver: false }
    const people = (async () => {
      for (; !state.isOver; await sleep(300)) await approveAll(world).catch(() => undefined)
    })()
    await done.finally(() => {
      state.isOver = true
    })
    await people
  },
  async drain(world, name) {
    const before = world.steps().length
    await world.place.makePod({ name, node: NODE })
    await repaired(world, 'drain', `x:${name}`, async () => isOurs(world) && (await podGone(world, name)))
    await world.until('the node takes pods again', () => !isCordoned(world))
    await world.until('the lease is given back', () => world.steps().slice(before).includes('lease given back'))
  },
  /** A person holds everything up, and lets it go on. */
  async people(world) {
    const count = async (kind: string) => (await world.records()).filter(({ what }) => what.kind === kind).length
    const paused = await count('paused')
    const wish = { by: 'ann', why: 'upgrade', forMs: 0 }
    await world.until('it is paused', async () => {
      if ((await count('paused')) > paused) return true
      await world.ask((client) => client.call(RemediatorService.pause, wish))
      return true
    })
    await world.until('it goes on', async () => {
      // The answer may be lost where the word is not: it is written once all the same.
      await world.ask((client) => client.call(RemediatorService.resume, { by: 'ann' }))
      return true
    })
  },
  /** Whoever had it done is killed while it is done. */
  async joins(world, name) {
    const isBegun = (fingerprint: string) => world.doings().some((one) => one.fingerprint === fingerprint)
    const isMended = async (fingerprint: string) => existsSync(join(world.shared, 'mended', fingerprint))
    const ailment = await world.ails('script', `x:${name}`, isMended)
    await world.until('the script runs', () => isBegun(ailment.fingerprint))
    if (world.remediator.pid !== undefined) process.kill(world.remediator.pid, 'SIGKILL')
    await world.until(`${name} is repaired, and that is known`, () => isSettled(world, ailment))
  },
  /** Whoever has it done is stopped in the midst of it, until it is given up; nothing else of his is done before it is known to have ended. */
  async 'lets go'(world, name) {
    const before = world.steps().length
    let isGone = false
    const ailment = await world.ails('hangs', `x:${name}`, async () => isGone)
    const isBegun = () => world.doings().some((one) => one.fingerprint === ailment.fingerprint)
    await world.until('the script runs', isBegun)
    const { pid } = world.hostActions
    if (pid !== undefined) process.kill(pid, 'SIGSTOP')
    const isGivenUp = async () => (await about(world, ailment)).some((what) => what.kind === 'ended')
    await world.until('it is given up', isGivenUp)
    if (pid !== undefined && pid === world.hostActions.pid) process.kill(pid, 'SIGCONT')
    isGone = true
    await world.until('it is known to have ended', () => world.steps().slice(before).includes('after step let-go'))
    await world.until(`${name} is over, and that is known`, () => isSettled(world, ailment))
  },
  /** Its journal cannot be written for a while: it tries that by a tick. */
  async tick(world) {
    await world.until('it runs', () => world.records().then(() => true))
    const [before, { starts }] = [world.steps().length, world.remediator]
    const limit = (bytes: string) => run('prlimit', '--pid', String(world.remediator.pid), `--fsize=${bytes}:unlimited`)
    await limit('0')
    const pause = { by: 'ann', why: '', forMs: PAUSE_MS.min }
    await world.until('it cannot write', () =>
      world
        .ask((client) => client.call(RemediatorService.pause, pause))
        .then(
          () => false,
          () => true,
        ),
    )
    await limit('unlimited').catch(() => undefined)
    // One that is killed has no journal that could not be written.
    await world.until(
      'it has tried',
      () => world.steps().slice(before).includes('after tick') || world.remediator.starts > starts,
    )
  },
} satisfies Record<string, Story>

/** Name of a story. */
export type StoryName = keyof typeof STORIES
/** All of them, those first that take least. */
export const STORIES_BY_NAME: Readonly<Record<StoryName, Story>> = STORIES
