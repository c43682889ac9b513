/** IndexedDB with promises: few lines, because what a wallet needs from it is exactness, not comfort. */

export type StoreName = 'wallets' | 'slips' | 'places' | 'rounds' | 'log' | 'answers' | 'casts' | 'blobs';

const STORES: Record<StoreName, string | string[]> = {
  wallets: 'wallet',
  slips: ['wallet', 'round', 'purpose'],
  places: ['wallet', 'round'],
  rounds: 'round',
  log: 'name',
  answers: ['wallet', 'round'],
  casts: ['wallet', 'round', 'purpose'],
  blobs: 'sha256',
};

export function openDatabase(name: string, factory: IDBFactory = indexedDB): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const opening = factory.open(name, 1);
    opening.onupgradeneeded = () => {
      for (const [store, keyPath] of Object.entries(STORES)) opening.result.createObjectStore(store, { keyPath });
    };
    opening.onsuccess = () => {
      // A later version of this page may need to change the stores while this one is still open somewhere.
      opening.result.onversionchange = () => opening.result.close();
      resolve(opening.result);
    };
    opening.onerror = () => reject(opening.error ?? new Error('the wallet could not be opened'));
    opening.onblocked = () => reject(new Error('the wallet is open in an older page'));
  });
}

export function got<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('the wallet could not be read'));
  });
}

/** Resolves when the transaction is complete, that is, when what it wrote survives a crash. */
export function completed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error('the wallet could not be written'));
  });
}
