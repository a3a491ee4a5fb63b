import { Consumer } from "../support/consumer.mjs";
import { checkRecord } from "../support/record.mjs";

const consumer = await Consumer.ofExample("vue");

checkRecord("Vue 3, built", consumer, () => consumer.built());
checkRecord("Vue 3 on the development server", consumer, () => consumer.inDevelopment());
