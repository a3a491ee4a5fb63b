import { Consumer } from "../support/consumer.mjs";
import { checkRecord } from "../support/record.mjs";

const consumer = await Consumer.ofExample("react");

checkRecord("React 19, built", consumer, () => consumer.built());
checkRecord("React 19 on the development server, where StrictMode runs effects twice", consumer, () => consumer.inDevelopment());
