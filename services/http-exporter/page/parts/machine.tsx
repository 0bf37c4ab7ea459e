/** The machine's values over the time of the ribbon. */

import { useMemo } from 'preact/hooks'
import { type ConditionView, limitOf, type NodeView } from '#view'
import { conditionOn, graphsOf } from '../draw/series.ts'
import { rangeSpec } from '../state/address.ts'
import { resting, useCell, usePage } from '../state/hooks.ts'
import { calledNow, namesOf } from '../words/names.ts'
import { Age } from './age.tsx'
import { Strip } from './strip.tsx'
import { Tracks } from './tracks.tsx'

interface MachineProps {
  readonly conditions: readonly ConditionView[]
  readonly node: NodeView['node']
  readonly lostMs: number | undefined
}

export const Machine = resting(function Machine({ conditions, node, lostMs }: MachineProps) {
  const page = usePage()
  const range = useCell(page.range)
  const { [range]: loaded } = useCell(page.histories)
  const history = loaded?.view
  const names = namesOf(conditions)
  const named = JSON.stringify([...names])
  const graphs = useMemo(
    () => graphsOf((history?.series ?? []).map((one) => ({ ...one, title: calledNow(one.title, names) }))),
    [history?.series, named],
  )
  return (
    <section aria-labelledby="h-machine">
      <div class="head grid3">
        <h2 id="h-machine">The machine</h2>
        <span class="quiet">
          {graphs.length === 0 ? (
            'No values are recorded yet. They come with the reports of a monitor that measures, such as system.'
          ) : (
            <>
              The {rangeSpec(range).words}
              {node.booted === undefined || lostMs !== undefined ? null : (
                <>
                  ; up <Age at={node.booted} form="lasting" />
                </>
              )}
            </>
          )}
        </span>
      </div>
      {history === undefined || graphs.length === 0 ? null : (
        <Tracks slider={false} lostMs={lostMs}>
          {graphs.map((graph) => {
            const condition = conditionOn(graph.key, conditions)
            const evidence = condition?.evidence
            return (
              <Strip
                key={graph.key}
                graph={graph}
                evidence={evidence}
                level={condition?.health === 'problem' ? condition.level : undefined}
                limit={evidence === undefined ? graph.series[0]?.limit : limitOf(evidence)}
                gaps={history.gaps}
                lostMs={lostMs}
              />
            )
          })}
        </Tracks>
      )}
    </section>
  )
})
