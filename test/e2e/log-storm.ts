/** A log monitor that is killed, stopped and missed while its logs are written: shortly in test/e2e, for long in test/soak. */
import { expect } from 'vitest'
import { until } from './constellation.ts'
import { CAN_WRITE_KMSG, type LogScene, startBusyLog, startKmsg, untilTold } from './log-scene.ts'
import { sleep } from './survivors.ts'

/** What is to be done after a test, the last first. */
export type Finished = (() => unknown)[]

/** 1,000 lines a second into the file, and ten into the kernel's log. */
export function writeLogs(finished: Finished, scene: LogScene, time?: Parameters<typeof startBusyLog>[2]) {
  const log = startBusyLog(scene.log, scene.tags.file, time)
  const kmsg = CAN_WRITE_KMSG ? startKmsg(scene.tags.kmsg) : undefined
  finished.push(log.stop, () => kmsg?.stop())
  return {
    log,
    /** Something that is written from now on is told. */
    async untilRead(): Promise<void> {
      const { tagged } = log
      await until('what is written is told', () => scene.told(scene.tags.file).length > tagged, 60_000)
    },
    /** Nothing is written any more, and each tagged line was told once. */
    async end(ms = 60_000): Promise<void> {
      log.stop()
      kmsg?.stop()
      await untilTold(scene, scene.tags.file, log.tagged, ms)
      if (kmsg) await untilTold(scene, scene.tags.kmsg, kmsg.tagged, ms)
      for (const reason of ['LogLinesLost', 'LogTextsUntold']) expect(scene.events(reason)).toEqual([])
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
