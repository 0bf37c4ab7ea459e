/** Whether Docker's containers go on while its daemon is stopped or restarted: without live-restore it ends every one of them. */
import { type Host, HostReadError } from '#host'
import type { JobVerb, UnitStanding } from '#host/acts'
import { dockerAt, isLiveRestoring } from './docker.ts'

const ASK_MS = 3_000
/** The daemon's unit, and its socket's: whoever stops that stops the daemon, which requires it. */
const DOCKERS: ReadonlySet<string> = new Set(['docker.service', 'docker.socket'])

/** What the daemon says; undefined: it does not answer. @throws HostReadError */
export async function liveRestoreSaid(host: Host): Promise<boolean | undefined> {
  const socket = await dockerAt(host)
  return socket === undefined ? undefined : isLiveRestoring(socket, AbortSignal.timeout(ASK_MS)).catch(() => undefined)
}

/** What daemon.json says, where Docker itself does not answer. */
export async function isLiveRestoreWritten({ files }: Host): Promise<boolean> {
  try {
    const written: unknown = JSON.parse(await files.readText('/etc/docker/daemon.json'))
    return (
      typeof written === 'object' && written !== null && 'live-restore' in written && written['live-restore'] === true
    )
  } catch (err) {
    if (err instanceof HostReadError || err instanceof SyntaxError) return false
    throw err
  }
}

/** Why a job would end every container; "" where it would not. A daemon that is down ends none by a restart. */
export async function whyContainersEnd(
  verb: JobVerb,
  { id, names, activeState, stopsWith }: Pick<UnitStanding, 'id' | 'names' | 'activeState' | 'stopsWith'>,
  host: Host,
): Promise<string> {
  if (verb !== 'stop' && verb !== 'restart') return ''
  // What is bound to the daemon's unit, or it to that, ends it too.
  if (
    ![id, ...names, ...stopsWith].some((name) => DOCKERS.has(name)) ||
    activeState === 'inactive' ||
    activeState === 'failed'
  )
    return ''
  try {
    if ((await liveRestoreSaid(host)) ?? (await isLiveRestoreWritten(host))) return ''
  } catch (err) {
    if (err instanceof HostReadError) return err.message
    throw err
  }
  return `to ${verb} ${id} would stop every container: live-restore of Docker is not on`
}
