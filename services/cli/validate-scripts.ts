/** Scripts of repairs, looked at where `validate` runs: host-actions refuses each time what is not there, or is not root's alone. */
import { systemClock } from '#clock'
import type { ConfigNote, NodeDoctorConfig } from '#config'
import { whyNotRoots } from '#host'

/** "monitors.disk.remediation.scriptPath" */
const SCRIPT = /\.scriptPath$/

/** What host-actions would refuse on this machine. No faults: the configuration may be for other machines. Never rejects. */
export async function scriptsNotRun({
  settings: { hostRoot },
  settingsInForce: { set },
}: Pick<NodeDoctorConfig, 'settings' | 'settingsInForce'>): Promise<readonly ConfigNote[]> {
  const root = hostRoot === '/' ? '' : hostRoot
  const looked = set
    .filter(({ key }) => SCRIPT.test(key))
    .map(async ({ key, value, origin }) => {
      const path = String(value)
      const why = await whyNotRoots(systemClock(), root, path)
      return { key, why: why === '' ? '' : `${JSON.stringify(path)} would not be run on this machine: ${why}`, origin }
    })
  return (await Promise.all(looked)).flatMap(({ key, why: text, origin }) =>
    text === '' ? [] : [{ key, text, origin }],
  )
}
