import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { RpcError } from '#rpc'
import { asNobody } from '../../libs/rpc/testing-nobody.ts'
import { explainNoAnswer } from './ask.ts'
import { runCommand } from './testing.ts'
import { runDirOfTests } from './testing-run-dir.ts'

const place = runDirOfTests()

describe('without a detector', () => {
  it.each(['status', 'watch'])('%s says so as JSON where JSON was asked for', async (command) => {
    const { code, out, err } = await runCommand(command, '-o', 'json', '--run-dir', place.dir)
    expect([code, err]).toEqual([3, ''])
    expect(JSON.parse(out)).toEqual({
      error: {
        code: 'NO_SOCKET',
        message: `there is no detector on ${place.dir}/detector/detector.sock`,
        advice: 'Is it running? Start it with: make run. If it runs with another folder, name that: --run-dir DIR.',
        socket: `${place.dir}/detector/detector.sock`,
      },
    })
  })

  it('tells one that may not be asked from one that is not there', () => {
    const failed = (details: string) => new RpcError('/s', '/m', 'UNAVAILABLE', details)
    expect(explainNoAnswer(failed('connect EACCES /s'), '/r')).toEqual({
      code: 'NOT_ALLOWED',
      message: expect.stringMatching(
        /^no permission to use the detector's socket \/r\/detector\/detector\.sock: .*this process is uid \d+, gid \d+/,
      ),
      advice: 'Ask as root, or as the user that started Node Doctor.',
    })
    const inner = 'Deadline exceeded after 5.002s,name resolution: 0.001s,LB pick: 0.001s'
    expect(explainNoAnswer(new RpcError('/s', '/m', 'DEADLINE_EXCEEDED', inner), '/r')).toEqual({
      code: 'NO_ANSWER',
      message: 'the detector is there, on /r/detector/detector.sock, and does not answer for 5 s',
      advice: 'It may be frozen: look at its log, or stop it and start it again.',
    })
    expect(explainNoAnswer(failed('connect ECONNREFUSED /s'), '/r')).toMatchObject({
      message: 'the detector does not answer on /r/detector/detector.sock (nobody listens there)',
    })
  })
})

describe('a detector whose socket this user may not open', () => {
  it.each(['status', 'watch'])('is told by %s with the mode, the owner and who tried', async (command) => {
    await place.serve({})
    await chmod(place.dir, 0o755)
    await chmod(join(place.dir, 'detector'), 0o755)
    const socket = join(place.dir, 'detector', 'detector.sock')
    await chmod(socket, 0)
    await asNobody(async () => {
      const { code, out, err } = await runCommand(command, '--run-dir', place.dir)
      const [uid, gid] = [process.geteuid?.(), process.getegid?.()]
      expect([code, out]).toEqual([3, ''])
      expect(err).toMatch(
        new RegExp(
          `^Not known: no permission to use the detector's socket ${socket}: it has mode 0000, owner uid \\d+, group gid \\d+; this process is uid ${uid}, gid ${gid}, [^\\n]*\\.\\nAsk as root, or as the user that started Node Doctor\\.\\n$`,
        ),
      )
    })
  })
})
