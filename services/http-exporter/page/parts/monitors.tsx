/** Who watches, and whether they do. */
import { type CheckRunView, failureWords, type MonitorView, renderDuration } from '#view'
import { nameId } from '../state/address.ts'
import { resting, usePage } from '../state/hooks.ts'
import { connectionWord, MONITOR_WORDS, monitorsWords, ORIGIN_WORDS } from '../words/labels.ts'
import { asSentence, counted } from '../words/sentences.ts'
import { clockOf, tookOf } from '../words/times.ts'
import { When } from './age.tsx'
import { State } from './glyph.tsx'
import { Code } from './texts.tsx'
import { useTarget } from './use-target.ts'
import { Violations } from './violations.tsx'

function Origin({ monitor }: { readonly monitor: MonitorView }) {
  if (monitor.origin === 'built-in') return null
  return (
    <span class="small who">
      {ORIGIN_WORDS[monitor.origin]}
      {monitor.protocol === '' ? null : (
        <>
          , <bdi>{monitor.protocol}</bdi>
        </>
      )}
    </span>
  )
}

function Faults({ monitor }: { readonly monitor: MonitorView }) {
  const words = [
    monitor.restarts > 0 ? `Restarted ${counted(monitor.restarts, 'time')}.` : '',
    monitor.violations > 0 ? `Broke its limits ${counted(monitor.violations, 'time')}.` : '',
  ].filter((text) => text !== '')
  return words.length === 0 ? null : <span class="small who">{words.join(' ')}</span>
}

/** What of its connection is more than that a monitor of ours answers. */
function Connection({ monitor, now }: { readonly monitor: MonitorView; readonly now: number }) {
  const { connection } = monitor
  const words = connectionWord(monitor)
  if (connection === undefined || words === '') return null
  const { since, why, failures, nextTry } = connection
  return (
    <span class="small who">
      {words} <When at={since} form="lasting" now={now} />
      {failures === 0 ? null : <>, {failureWords(failures)}</>}
      {nextTry === undefined ? null : (
        <>
          , next try <When at={nextTry} form="until" now={now} />
        </>
      )}
      {why === '' || why === monitor.lastError ? null : (
        <>
          : <bdi>{why}</bdi>
        </>
      )}
    </span>
  )
}

function LastError({ monitor, now }: { readonly monitor: MonitorView; readonly now: number }) {
  if (monitor.lastError === '') return <>{monitor.health === 'awaited' ? '' : 'none since it started'}</>
  return (
    <>
      {monitor.lastErrorAt === undefined ? null : (
        <time dateTime={monitor.lastErrorAt}>{clockOf(monitor.lastErrorAt, now)}</time>
      )}{' '}
      <bdi>{monitor.lastError}</bdi>
    </>
  )
}

/** When a check ran, runs again, and how long it took. */
function RunCells({ run, monitor }: { readonly run: CheckRunView; readonly monitor: MonitorView }) {
  const now = usePage().clock.now()
  const { connection } = monitor
  // While its connection fails it runs when that is tried again, whatever was planned before.
  const next = connection === undefined || connection.failures === 0 ? run.next : connection.nextTry
  return (
    <>
      <td class="num" data-l="checked">
        <When at={run.last} form="ago" now={now} />
      </td>
      <td class="num" data-l="next">
        {next === undefined ? <span class="quiet">as it comes</span> : <When at={next} form="until" now={now} />}
      </td>
      <td class="num" data-l="every">
        {run.intervalMs > 0 ? renderDuration(run.intervalMs) : ''}
      </td>
      <td class="num" data-l="took">
        {tookOf(run.durationMs)}
      </td>
    </>
  )
}

function MonitorRow({ monitor, stale }: { readonly monitor: MonitorView; readonly stale: boolean }) {
  const page = usePage()
  const now = page.clock.now()
  const id = nameId('monitor', monitor.name)
  const here = useTarget(id)
  const word = monitor.level === 'stale' && stale ? undefined : MONITOR_WORDS[monitor.health]
  // A single check needs no row of its own.
  const [run, ...others] = monitor.checks
  return (
    <tr class="monitor" id={id} {...here}>
      <th scope="row">
        <b>
          <Code text={monitor.name} />
        </b>{' '}
        <span class="quiet">
          <bdi>{monitor.version}</bdi>
        </span>
        <Origin monitor={monitor} />
      </th>
      <td>
        <State level={monitor.level} {...(word === undefined ? {} : { word })} />{' '}
        <span class="quiet">
          <When at={monitor.since} form="lasting" now={now} />
        </span>
        <Connection monitor={monitor} now={now} />
        <Faults monitor={monitor} />
      </td>
      <td class="quiet">
        <bdi>{monitor.description}</bdi>
        {monitor.origin === 'built-in' ? null : (
          <span class="small who">
            <Code text={monitor.socket} />
          </span>
        )}
      </td>
      {run !== undefined && others.length === 0 ? (
        <RunCells run={run} monitor={monitor} />
      ) : (
        <>
          <td class="num" data-l="reported">
            {monitor.lastReport === undefined ? (
              <span class="quiet">never</span>
            ) : (
              <When at={monitor.lastReport} form="ago" now={now} />
            )}
          </td>
          <td class="num none" />
          <td class="num none" />
          <td class="num none" />
        </>
      )}
      <td class="quiet" data-l="Last error:">
        <LastError monitor={monitor} now={now} />
      </td>
    </tr>
  )
}

function CheckRow({ run, monitor }: { readonly run: CheckRunView; readonly monitor: MonitorView }) {
  const error = run.error === monitor.lastError ? '' : run.error
  return (
    <tr class="check">
      <td class="none" />
      <td class="none" />
      <th scope="row">
        <Code text={run.check} />
        {run.checkType === '' || run.checkType === run.check ? null : (
          <span class="small">
            {' '}
            <bdi>{run.checkType}</bdi>
          </span>
        )}
      </th>
      <RunCells run={run} monitor={monitor} />
      <td class="quiet">
        <bdi>{asSentence(error)}</bdi>
      </td>
    </tr>
  )
}

interface MonitorsProps {
  readonly monitors: readonly MonitorView[]
  readonly stale: boolean
  /** "at 03:14:20" when that is not now. */
  readonly at: string
}

export const Monitors = resting(function Monitors({ monitors, stale, at }: MonitorsProps) {
  return (
    <section aria-labelledby="h-mons">
      <div class="head grid3">
        <h2 id="h-mons" tabIndex={-1}>
          Monitors{at === '' ? '' : ` ${at}`}
        </h2>
        <span class="quiet">
          {monitors.length === 0
            ? 'None is configured, and none has put its socket into the directory of monitors.'
            : monitorsWords(monitors)}
        </span>
      </div>
      {monitors.length === 0 ? null : (
        <table class="mons list">
          <thead>
            <tr>
              <th scope="col">Monitor</th>
              <th scope="col">State, since</th>
              <th scope="col">Watches</th>
              <th scope="col" class="num">
                Checked
              </th>
              <th scope="col" class="num">
                Next
              </th>
              <th scope="col" class="num">
                Every
              </th>
              <th scope="col" class="num">
                Took
              </th>
              <th scope="col">Last error</th>
            </tr>
          </thead>
          {monitors.map((monitor) => (
            <tbody key={monitor.name}>
              <MonitorRow monitor={monitor} stale={stale} />
              {(monitor.checks.length > 1 ? monitor.checks : []).map((run) => (
                <CheckRow key={run.check} run={run} monitor={monitor} />
              ))}
              <Violations monitor={monitor} />
            </tbody>
          ))}
        </table>
      )}
    </section>
  )
})
