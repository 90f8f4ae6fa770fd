/** Two of the points at which test/long/lab-plug.ts pulls the plug. */
import { prepareService } from './document-service.ts';
import { useLab } from './lab.ts';
import { allPlugPoints, pullPlugAt } from './plug-points.ts';

const sample = allPlugPoints.filter(({ line }) => /vgchange -a [yn]/.test(line));

describe('lab: the plug pulled in the middle of an action', function () {
  this.timeout(600_000);
  const lab = useLab({ nodes: ['san', 'node1', 'node2'] });
  before('prepare the service', async function () {
    this.timeout(300_000);
    await prepareService(lab());
  });

  for (const point of sample) it(`${point.verb}: ${point.line}`, () => pullPlugAt(lab(), point));
});
