/** A log monitor that is killed, stopped and missed while its logs are written: shortly in test/e2e, for long in test/soak. */
import { expect } from 'vitest'
import { CAN_WRITE_KMSG, type LogScene, startBusyLog, startKmsg, untilAtLeast, untilTold } from './log-scene.ts'
import { sleep } from './survivors.ts'

/** What is to be done after a test, the last first. */
export type Finished = (() => unknown)[]

/** How many lines of the kernel's log were told to be lost. */
function lostOfKernel(scene: LogScene): number {
  const events = scene.events('LogLinesLost').filter(({ check }) => check === 'kernel')
  const last = new Map(events.map(({ id, message, count }) => [id, { message, count }]))
  const lines = [...last.values()].map(({ message, count }) => count * Number(/^\d+/.exec(message)?.[0] ?? Infinity))
  return lines.reduce((sum, each) => sum + each, 0)
}

/** 1,000 lines a second into the file, and ten into the kernel's log. */
export function writeLogs(finished: Finished, scene: LogScene, time?: Parameters<typeof startBusyLog>[2]) {
  const log = startBusyLog(scene.log, scene.tags.file, time)
  const kmsg = CAN_WRITE_KMSG ? startKmsg(scene.tags.kmsg) : undefined
  finished.push(log.stop, () => kmsg?.stop())
  return {
    log,
    /** Something that is written from now on is told. */
    async untilRead(): Promise<void> {
      await untilAtLeast('what is written is told', () => scene.told(scene.tags.file).length, log.tagged + 1)
    },
    /** So many more tagged lines stand in the file, whoever reads it. */
    async untilWritten(count: number): Promise<void> {
      await untilAtLeast('lines are written', () => log.tagged, log.tagged + count)
    },
    /**
     * Nothing is written any more, and each tagged line was told once. Into the kernel's log others of this machine write, too, and
     * may push out what nobody has read: of its lines no more are missing than were told to be lost.
     */
    async end(): Promise<void> {
      if (kmsg)
        await untilAtLeast('the kernel’s log is told', () => scene.told(scene.tags.kmsg).length, kmsg.tagged + 1)
      log.stop()
      kmsg?.stop()
      await untilTold(scene, scene.tags.file, log.tagged)
      const ofKernel = (isWrong: (times: number) => boolean) => scene.told(scene.tags.kmsg).filter(isWrong).length
      await expect.poll(() => ofKernel((times) => times === 0) - lostOfKernel(scene)).toBeLessThanOrEqual(0)
      expect(ofKernel((times) => times > 1)).toBe(0)
      expect(scene.events('LogLinesLost').filter(({ check }) => check !== 'kernel')).toEqual([])
      expect(scene.events('LogTextsUntold')).toEqual([])
    },
  }
}

/** Kills log monitor and detector at any time, and keeps them away, each alone and together. */
export async function killReaders(finished: Finished, scene: LogScene, awayMs: number): Promise<void> {
  const writer = writeLogs(finished, scene)
  for (const service of ['log', 'detector', 'log']) {
    await writer.untilRead()
    scene.c.kill(service)
  }
  for (const services of [['log'], ['detector'], ['log', 'detector']]) {
    await writer.untilRead()
    for (const service of services) scene.c.hold(service)
    for (const service of services) scene.c.kill(service)
    await sleep(awayMs)
    for (const service of services) scene.c.release(service)
  }
  await writer.untilRead()
  await writer.end()
}
