import { type CheckContext, type CheckResult, defineCheck, defineMonitor, serveMonitor } from '@node-doctor/monitor-kit'

const type = 'RaidDegraded'
const well = { healthyReason: 'RaidWhole', healthyMessage: 'every array runs with all of its disks' }

async function look({ host }: CheckContext<unknown>): Promise<CheckResult> {
  const text = (await host.files.exists('/proc/mdstat')) ? await host.files.readText('/proc/mdstat') : ''
  const ill = [...text.matchAll(/^(md\S*) : (?:(?!active\b)|[^\n]*\n[^\n]*\[U*_[U_]*\])/gm)].map(([, array]) => array)
  const { healthyReason: reason, healthyMessage } = well
  if (ill.length === 0) return { findings: [{ type, health: 'healthy', reason, message: healthyMessage }] }
  const message = `${ill.join(', ')}: lacks a disk, or does not run; see mdadm --detail, and replace what has failed`
  return { findings: [{ type, health: 'problem', reason: 'DiskMissing', message, action: 'replace-hardware' }] }
}

const description = 'Looks for arrays of the kernel (md) that lack a disk, or do not run'
const conditions = [{ type, label: 'RAID degraded', ...well }]
const times = { intervalMs: 30_000, timeoutMs: 5_000 }
const arrays = defineCheck({ type: 'raid-arrays', description, ...times, conditions, create: () => look })
await serveMonitor(defineMonitor({ name: 'raid', description, checks: [arrays] }), { version: '1.0.0' })
