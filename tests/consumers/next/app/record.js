"use client";

import { useEffect, useState } from "react";
import { SmartApp } from "smartrust";
import { summaryOf } from "../app.js";
import { settings } from "../settings.js";

const app = new SmartApp(settings);

export function Record() {
  const [shown, setShown] = useState();
  useEffect(() => {
    app.resume().then((session) => session && summaryOf(session)).then(setShown);
  }, []);
  if (shown === null) return <button onClick={() => app.launch()}>Connect</button>;
  return <output>{shown}</output>;
}
