// A short text beside the toolbar, which is removed after a moment.

import { useEffect, useState } from 'react';

const shownFor = 2500; // milliseconds

export function useStatus() {
  const [status, setStatus] = useState('');
  useEffect(() => {
    if (!status) return undefined;
    const timer = setTimeout(() => setStatus(''), shownFor);
    return () => clearTimeout(timer);
  }, [status]);
  return [
    <span className="share-status" role="status">
      {status}
    </span>,
    setStatus,
  ];
}
