import { expect } from 'chai';
import { SvcError } from '../../../agent/errors.ts';
import { type Candidate, selectServices } from '../../../agent/state/selector.ts';
import { asksConfig, asksStatus, parseSelector, plainName } from '../../../agent/state/selector-syntax.ts';

type File = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;

function service(name: string, avail: string | undefined, primary: boolean, file: File): Candidate {
  return {
    name,
    primary,
    keyword: (section, key) => file[section]?.[key],
    sections: Object.keys(file).filter((section) => section !== 'DEFAULT'),
    status: avail === undefined ? undefined : { avail, overall: avail, frozen: name === 'svc2' },
  };
}

const candidates = [
  service('svc1.opensvc.com', 'up', true, {
    DEFAULT: { nodes: ['n1', 'n2'], priority: '50', env: 'PRD' },
    'disk#1': { name: 'vg1' },
    'app#1': { type: 'simple' },
  }),
  service('svc2', 'down', false, { DEFAULT: { nodes: ['n2'], env: 'DEV' }, 'lv#1': { name: 'lv1' } }),
  service('svc3', 'warn', true, { DEFAULT: { nodes: ['n10'] }, env: { a: '1' } }),
  service('web', undefined, true, { DEFAULT: {}, 'app#1': { timeout: '10' }, 'app#2': { timeout: '0' } }),
  service('db', 'stdby up', false, { DEFAULT: {} }),
];
const select = (selector: string) => selectServices(selector, candidates).join(' ');
const fails = (selector: string, code: string) =>
  expect(() => select(selector), selector)
    .to.throw(SvcError)
    .with.property('code', code);

describe('service selector', () => {
  it('combines names and globs with or, and, not; and binds tighter', () => {
    expect(select('svc2,web')).to.equal('svc2 web');
    expect(select('svc*+!svc2')).to.equal('svc1.opensvc.com svc3');
    expect(select('db,svc?+!svc3')).to.equal('svc2 db');
    expect(select('svc{2,3}')).to.equal('svc2 svc3');
    expect(select('[wd]*')).to.equal('web db');
    expect(select('*')).to.equal('svc1.opensvc.com svc2 svc3 web db');
    expect(select('zz*')).to.equal('');
  });

  it('refuses a plain name that no service has, also when it is excluded', () => {
    fails('svc9', 'NOT_FOUND');
    fails('web,svc9', 'NOT_FOUND');
    fails('allservices+!svc9', 'NOT_FOUND');
    expect(() => select('svc22'))
      .to.throw(SvcError)
      .with.property('hint', 'did you mean svc2?');
  });

  it('knows the catch-all names', () => {
    expect(select('allservices')).to.equal('svc1.opensvc.com svc2 svc3 web db');
    expect(select('allupservices')).to.equal('svc1.opensvc.com');
    expect(select('alldownservices')).to.equal('svc2 db');
    expect(select('allprimaryservices')).to.equal('svc1.opensvc.com svc3 web');
    expect(select('allsecondaryservices')).to.equal('svc2 db');
    expect(select('allservices+!web')).to.equal('svc1.opensvc.com svc2 svc3 db');
  });

  it('compares keywords: text, pattern, word, number, presence', () => {
    expect(select('env=PRD')).to.equal('svc1.opensvc.com');
    expect(select('env!=PRD')).to.equal('svc2 svc3 web db');
    expect(select('nodes=n2')).to.equal('svc1.opensvc.com svc2');
    expect(select('nodes=n1 n2')).to.equal('svc1.opensvc.com');
    expect(select('nodes~n1')).to.equal('svc1.opensvc.com svc3');
    expect(select('nodes~=n1')).to.equal('svc1.opensvc.com');
    expect(select('nodes~^(n1|n2)')).to.equal('svc1.opensvc.com svc2 svc3');
    expect(select('priority<51')).to.equal('svc1.opensvc.com');
    expect(select('priority>=50')).to.equal('svc1.opensvc.com');
    expect(select('priority:')).to.equal('svc1.opensvc.com');
    expect(select('app.timeout>1')).to.equal('web');
    expect(select('app.timeout<1')).to.equal('web');
    expect(select('.timeout<=0')).to.equal('web');
    expect(select('app#1.type:')).to.equal('svc1.opensvc.com');
    expect(select('!app#1.type:')).to.equal('svc2 svc3 web db');
    expect(select('DEFAULT.env=DEV')).to.equal('svc2');
  });

  it('takes vg and disk for every section of that group', () => {
    expect(select('vg:')).to.equal('svc1.opensvc.com svc2');
    expect(select('disk:')).to.equal('svc1.opensvc.com svc2');
    expect(select('lv:')).to.equal('svc2');
    expect(select('vg.name=lv1')).to.equal('svc2');
    expect(select('env:')).to.equal('svc1.opensvc.com svc2 svc3');
    expect(select('env.a:')).to.equal('svc3');
  });

  it('compares the status, false where it is not known', () => {
    expect(select('avail=up')).to.equal('svc1.opensvc.com');
    expect(select('avail=stdby up')).to.equal('db');
    expect(select('!avail=up')).to.equal('svc2 svc3 web db');
    expect(select('avail!=up')).to.equal('svc2 svc3 db');
    expect(select('avail~up')).to.equal('svc1.opensvc.com db');
    expect(select('frozen=true')).to.equal('svc2');
    expect(select('avail:')).to.equal('svc1.opensvc.com svc2 svc3 db');
  });

  it('refuses a faulty selector', () => {
    for (const faulty of [
      '',
      'svc1+',
      ',svc1',
      '!',
      '=x',
      'app#1.=x',
      'app:x',
      'svc{1',
      'svc1}',
      'env~(',
      'env~[a]{1,}(+',
      'priority<abc',
      'priority>',
    ])
      fails(faulty, 'CONFIG');
  });

  it('tells what a selector needs to know', () => {
    const needs = (text: string) => [asksStatus(parseSelector(text)), asksConfig(parseSelector(text))];
    expect(needs('svc1,web*')).to.deep.equal([false, false]);
    expect(needs('svc1+avail=up')).to.deep.equal([true, false]);
    expect(needs('alldownservices')).to.deep.equal([true, false]);
    expect(needs('!env=PRD')).to.deep.equal([false, true]);
    expect(needs('allprimaryservices')).to.deep.equal([false, true]);
  });

  it('recognises one plain name', () => {
    expect(plainName('svc1.opensvc.com')).to.equal('svc1.opensvc.com');
    for (const other of ['allservices', 'svc*', 'a,b', '!a', 'a=b', '', 'a+b', 'app:']) expect(plainName(other), other).to.equal(undefined);
  });
});
