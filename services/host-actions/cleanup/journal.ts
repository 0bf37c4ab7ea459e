/** Makes the journal of systemd smaller, where it lies on the disk: by journalctl, which knows its files. */
import type { HostActs } from '#host/acts'
import type { Cleaning } from './clean-folders.ts'

const FOLDER = '/var/log/journal'
const RUN_MS = 60_000

/** Whether a journal lies on the disk. */
async function isOnDisk({ acts, disk }: Cleaning): Promise<boolean> {
  const folder = await acts.folders.hold(FOLDER)
  if ('refused' in folder) return false
  await folder.close()
  return folder.device === disk.device
}

/** @param maxBytes what it is made smaller to: files that are written to stay @throws the signal's reason */
export async function vacuumJournal(
  maxBytes: number,
  cleaning: Cleaning,
  { programs }: Pick<HostActs, 'programs'>,
): Promise<void> {
  const { id, report, stop } = cleaning
  if (!(await isOnDisk(cleaning))) return
  const journalctl = await programs.find('journalctl')
  if (journalctl === undefined) return report.line('journal: the host has no journalctl')
  const name = `${id}-vacuum`
  await programs.forget(name)
  const end = await programs.run(
    {
      name,
      description: 'Node Doctor: makes the journal smaller',
      command: [journalctl, `--vacuum-size=${maxBytes}`],
      runMs: RUN_MS,
    },
    { signal: stop, cancel: stop },
  )
  await programs.forget(name)
  if (end.kind !== 'ended') return report.line(`journal: ${end.message}`)
  for (const line of end.text.split('\n').filter((each) => each !== '')) report.line(`journal: ${line}`)
  if (!end.isSuccess) report.line(`journal: journalctl ${end.words}`)
}
