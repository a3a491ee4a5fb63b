import { Component, signal } from "@angular/core";
import { bootstrapApplication } from "@angular/platform-browser";
import { SmartApp } from "smartrust";
import { summaryOf } from "../app.js";
import { settings } from "../settings.js";

@Component({
  selector: "app-root",
  template: `
    @if (shown() === null) {
      <button (click)="app.launch()">Connect</button>
    } @else {
      <output>{{ shown() }}</output>
    }
  `,
})
class Record {
  readonly app = new SmartApp(settings);
  readonly shown = signal<string | null>("");

  constructor() {
    this.show();
  }

  async show() {
    const session = await this.app.resume();
    this.shown.set(session && (await summaryOf(session)));
  }
}

bootstrapApplication(Record);
