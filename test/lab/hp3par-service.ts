/** The service of the HP 3PAR document, the whole of it: what document-service.ts has, on the volumes of the two arrays. */
import { containerAddress, prepareService, serviceName, serviceText } from './document-service.ts';
import { type LabArrays, places } from './hp3par-arrays.ts';
import type { Lab } from './lab.ts';
import type { LabNode } from './node.ts';

/** The section of the document; promote_rw, since a host here has to ask again whether its LUN is still write protected. */
const text = `${serviceText
  .replace('scsireserv = true\n', 'scsireserv = true\npromote_rw = true\n')
  .replace(`ipname = ${containerAddress}`, `ipname = ${serviceName}`)}
[sync#1]
type = hp3par
mode = async
array@node1 = ${places.node1.array}
array@node2 = ${places.node2.array}
rcg@node1 = ${places.node1.rcg}
rcg@node2 = ${places.node2.rcg}
sync_max_delay = 5
`;

/** Its address has the name of the service, as in the document; a boot forgets it. */
export async function nameContainer(node: LabNode): Promise<void> {
  await node.sh('echo "$1 $2" >>/etc/hosts', [containerAddress, serviceName]);
}

/** The service is down on both nodes, and what node1 has made for it is on both arrays. */
export async function prepareSites(lab: Lab, arrays: LabArrays): Promise<void> {
  await prepareService(lab, text);
  const knownHosts = '/etc/svcmgr/known_hosts';
  const sections = Object.values(places).map(
    ({ array, address }) =>
      `\n[array#${array}]\ntype = hp3par\nusername = opensvc\nmanager = ${address}\nkey = /root/.ssh/id_ed25519\nknown_hosts = ${knownHosts}\n`,
  );
  for (const name of ['node1', 'node2'] as const) {
    const node = lab.node(name);
    const own = '/etc/svcmgr/svcmgr.conf';
    await node.write(knownHosts, arrays.hostKey('node1') + arrays.hostKey('node2'));
    await node.write(own, `${String(await node.read(own))}${sections.join('')}`);
    await nameContainer(node);
    await node.must(['sync']);
  }
  await arrays.controls().run(places.node1.array, `syncrcopy -w ${places.node1.rcg}`);
}
