/** The unit of systemd behind the socket that the kubelet asks. A runtime that is dead has no process by which it could be known: its place tells. */
import { type FoundRuntime, runtimeAt } from '#cri'
import { HostReadError } from '#host'
import type { UnitStanding } from '#host/acts'
import type { Tools } from '../actions/types.ts'
import { isLiveRestoreWritten, liveRestoreSaid } from './live-restore.ts'
import { doubtOf, findNodeRuntime, type NodeRuntime } from './node-runtime.ts'

/** By the name of the runtime, as its packages have them. */
const UNITS: Readonly<Record<string, readonly string[]>> = {
  containerd: ['containerd.service'],
  'CRI-O': ['crio.service'],
  'cri-dockerd': ['cri-docker.service'],
  'containerd of k3s': ['k3s.service', 'k3s-agent.service', 'rke2-server.service', 'rke2-agent.service'],
}
const DOCKER = 'docker.service'

/** A unit that may be restarted; or why there is none, in words. */
export type RuntimeUnit = { readonly unit: string } | { readonly refusal: string }

/** Whose units may be it: of one that is gone all of them. Pure. */
export function namesOf({ found, endpoint }: NodeRuntime): readonly string[] {
  const isSeen = found.kind !== 'none' && found.kind !== 'unusable'
  const name = isSeen ? found.name : endpoint === '' ? '' : runtimeAt(endpoint)
  return name === '' ? Object.values(UNITS).flat() : (UNITS[name] ?? [])
}

/** The only one that is there, or of several the only one that is not merely installed. Pure. */
export function chosen(standings: readonly UnitStanding[]): RuntimeUnit {
  const there = standings.filter(({ loadState }) => loadState !== 'not-found')
  const used = there.filter(({ activeState, invocationId }) => activeState !== 'inactive' || invocationId !== '')
  const [only, ...others] = there.length > 1 ? used : there
  if (only !== undefined && others.length === 0) return { unit: only.id }
  const which = there.map(({ id }) => id).join(', ')
  if (which === '') return { refusal: 'systemd knows no unit of the container runtime' }
  return { refusal: `which of ${which} runs the container runtime is not known` }
}

/** cri-dockerd stands before Docker: the one of the two that does not answer is restarted, and Docker only where its containers go on. */
async function dockers(criDockerd: string, { host }: Tools): Promise<RuntimeUnit> {
  if ((await liveRestoreSaid(host)) !== undefined) return { unit: criDockerd }
  if (await isLiveRestoreWritten(host)) return { unit: DOCKER }
  return {
    refusal:
      'Docker does not answer, and its restart would stop every container: live-restore is not on in /etc/docker/daemon.json',
  }
}

/** Asks systemd, and changes nothing. */
export async function runtimeUnit(tools: Tools): Promise<RuntimeUnit> {
  const { acts, host, criSockets } = tools
  try {
    const runtime = await findNodeRuntime(host, criSockets)
    const doubt = doubtOf(runtime)
    if (doubt !== '') return { refusal: doubt }
    const names = namesOf(runtime)
    if (names.length === 0)
      return { refusal: `by which unit what listens at ${placeOf(runtime.found)} is run is not known` }
    const said = await Promise.all(names.map((name) => acts.systemd.standing(name)))
    const standings: UnitStanding[] = []
    for (const each of said) {
      if (each.kind === 'unknown') return { refusal: each.message }
      standings.push(each.value)
    }
    const found = chosen(standings)
    return 'unit' in found && found.unit === 'cri-docker.service' ? await dockers(found.unit, tools) : found
  } catch (err) {
    if (err instanceof HostReadError) return { refusal: err.message }
    throw err
  }
}

function placeOf(found: FoundRuntime): string {
  return found.kind === 'none' || found.kind === 'unusable' ? 'the socket of the runtime' : found.place
}
