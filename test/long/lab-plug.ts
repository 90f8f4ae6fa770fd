/** The plug of a node pulled at every command of a start and of a stop: `npm run test:lab:full`. */
import { prepareService } from '../lab/document-service.ts';
import { useLab } from '../lab/lab.ts';
import { allPlugPoints, leavingPoints, pullPlugAndBootAlone, pullPlugAt } from '../lab/plug-points.ts';

describe('lab: the plug pulled at every command of a start and of a stop', function () {
  this.timeout(900_000);
  const lab = useLab({ nodes: ['san', 'node1', 'node2'] });
  before('prepare the service', async function () {
    this.timeout(300_000);
    await prepareService(lab());
  });

  for (const point of allPlugPoints) it(`${point.verb}: ${point.line}`, () => pullPlugAt(lab(), point));

  for (const point of leavingPoints)
    it(`boot alone clears what is its own: ${point.verb}: ${point.line}`, () => pullPlugAndBootAlone(lab(), point));
});
