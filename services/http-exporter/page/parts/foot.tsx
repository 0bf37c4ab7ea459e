/** Version, the configuration in force and where each value comes from, and the ways to ask for more. */
import type { NodeView } from '#view'
import { resting, usePage } from '../state/hooks.ts'
import { asSentence, counted } from '../words/sentences.ts'
import { clockOf } from '../words/times.ts'
import { Code } from './texts.tsx'

interface FootProps {
  readonly node: NodeView['node']
  readonly settings: NodeView['settings']
}

/** What the file asks for and nobody does: a reader of the page need not have seen the log. */
function Refused({ refused, refusedCount }: Pick<NodeView['settings'], 'refused' | 'refusedCount'>) {
  if (refusedCount === 0) return null
  const more = refusedCount - refused.length
  return (
    <>
      <p id="refused">
        {counted(refusedCount, 'key')} {refusedCount === 1 ? 'has' : 'have'} no effect here.
      </p>
      <table class="list refused" aria-labelledby="refused">
        <thead class="vh">
          <tr>
            <th scope="col">Key</th>
            <th scope="col">Why, and what to write in its place</th>
            <th scope="col">Stands in</th>
          </tr>
        </thead>
        <tbody>
          {refused.map(({ key, text, origin }) => (
            <tr key={`${origin} ${key} ${text}`}>
              <th scope="row">
                <Code text={key} />
              </th>
              <td>
                <bdi>{asSentence(text)}</bdi>
              </td>
              <td class="quiet">
                <bdi>{origin}</bdi>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {more === 0 ? null : (
        <p class="quiet">
          And {counted(more, 'further key')}: <Code text="node-doctor validate" /> names all of them.
        </p>
      )}
    </>
  )
}

export const Foot = resting(function Foot({ node, settings }: FootProps) {
  const { clock } = usePage()
  const { set, defaults, since, refused, refusedCount } = settings
  return (
    <footer>
      <div class="head grid3">
        <h2>
          Node Doctor <bdi>{node.version}</bdi>
        </h2>
        <p class="links">
          <span>
            <a href="status">/status</a> <span class="quiet">this page as JSON</span>
          </span>{' '}
          <span>
            <a href="events">/events</a>
          </span>{' '}
          <span>
            <a href="remediation/history">/remediation/history</a>
          </span>{' '}
          <span>
            <a href="metrics">/metrics</a> <span class="quiet">for Prometheus</span>
          </span>
        </p>
      </div>
      <div class="head grid3 cfg">
        <h2>Configuration</h2>
        <div>
          <p class="quiet">
            {counted(set.length, 'value')} {set.length === 1 ? 'is' : 'are'} set, {defaults}{' '}
            {defaults === 1 ? 'is' : 'are'} at {defaults === 1 ? 'its default' : 'their defaults'}. In force since{' '}
            {clockOf(since, clock.now())}.
          </p>
          {set.length === 0 ? null : (
            <table class="list">
              <thead class="vh">
                <tr>
                  <th scope="col">Setting</th>
                  <th scope="col">Value</th>
                  <th scope="col">Comes from</th>
                </tr>
              </thead>
              <tbody>
                {set.map(({ key, value, origin }) => (
                  <tr key={key}>
                    <th scope="row">
                      <Code text={key} />
                    </th>
                    <td>
                      <bdi>{value}</bdi>
                    </td>
                    <td class="quiet">
                      <bdi>{origin}</bdi>
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
          <Refused refused={refused} refusedCount={refusedCount} />
        </div>
      </div>
    </footer>
  )
})
