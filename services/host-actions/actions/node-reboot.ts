import { HostReadError } from '#host'
import type { Inhibitor } from '#host/acts'
import type { Action, Tools } from './types.ts'

/** /proc/uptime: seconds since the kernel's start, those of suspends among them. */
const UPTIME = /^(\d+)(?:\.\d+)? /

/** Who forbids a shutdown; who only delays one is waited for by logind. Pure. */
export function blocking(inhibitors: readonly Inhibitor[]): readonly Inhibitor[] {
  return inhibitors.filter(({ what, mode }) => mode.startsWith('block') && what.split(':').includes('shutdown'))
}

/** How long the machine is up; undefined: that cannot be told. Pure. */
export function uptimeMs(text: string): number | undefined {
  const [, seconds] = UPTIME.exec(text) ?? []
  return seconds === undefined ? undefined : Number(seconds) * 1000
}

/** A machine that was just booted is not booted again, whatever was lost of what was done before. */
async function tooYoung({ host, minUptimeMs }: Tools): Promise<string> {
  try {
    const upMs = uptimeMs(await host.files.readText('/proc/uptime'))
    if (upMs === undefined) return 'how long the machine is up cannot be told'
    if (upMs >= minUptimeMs) return ''
    return `the machine is up for ${Math.floor(upMs / 60_000)} min, and is left alone for ${minUptimeMs / 60_000}`
  } catch (err) {
    if (err instanceof HostReadError) return err.message
    throw err
  }
}

async function refusal(tools: Tools): Promise<string> {
  const { acts, journalDir } = tools
  const early = (await tooYoung(tools)) || (await acts.whyFleeting(journalDir))
  if (early !== '') return early
  const [can, said] = await Promise.all([acts.logind.canReboot(), acts.logind.inhibitors()])
  if (can.kind === 'unknown') return can.message
  if (can.value !== 'yes') return `logind says that this machine cannot be rebooted by us: ${can.value}`
  if (said.kind === 'unknown') return said.message
  const [block] = blocking(said.value)
  return block === undefined ? '' : `${block.who} blocks a shutdown: ${block.why}`
}

/** The last step of the remediator's reboot: it has cordoned and drained, and knows by the boot id whether it came to pass. */
export const nodeReboot: Action = {
  strategy: 'node-reboot',
  description: 'Reboots the machine by logind',
  refusal: (_, tools) => refusal(tools),
  async run({ recalled, note, signal }, tools) {
    // Asked for before a kill, and this is the same boot: what became of it the boot id says.
    if (recalled !== undefined) return { outcome: 'lost', message: 'a reboot was asked for, and did not come yet' }
    const late = await refusal(tools)
    if (late !== '') return { outcome: 'declined', message: late }
    await note({})
    const said = await tools.acts.logind.reboot({ signal })
    if (said.kind === 'said') return { outcome: 'succeeded', message: 'logind has taken the reboot' }
    // What was asked and not answered may come to pass.
    const isAsked = said.reason === 'hung' || said.reason === 'closed'
    return { outcome: isAsked ? 'lost' : 'failed', message: said.message }
  },
}
