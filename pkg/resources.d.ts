// Types of FHIR resources: those of @types/fhir if it is installed, otherwise a generic one.

/** A FHIR resource, as the server sent it. */
export interface Resource {
  resourceType: string;
  id?: string;
  [member: string]: any;
}

// @ts-ignore: @types/fhir is an optional peer dependency. Node's module resolution needs the `.js` extension.
type Installed = import("fhir/r4.js").FhirResource;

/** Whether @types/fhir is missing: an unresolved type has every key. */
type IsMissing = string extends keyof Installed ? true : false;

/**
 * The type of a resource. If `@types/fhir` is installed, `ResourceOf<"Patient">` is its `Patient` (FHIR R4). Otherwise, and for a name
 * that it does not know, it is `Resource`.
 */
export type ResourceOf<Name extends string> =
  IsMissing extends true
    ? Resource
    : string extends Name
      ? Resource
      : [Extract<Installed, { resourceType: Name }>] extends [never]
        ? Resource
        : Extract<Installed, { resourceType: Name }>;

/** The type of a result: by a resource type's name or a type given by the caller, otherwise by the type in the call. */
export type ResourceResult<T, Name extends string> = unknown extends T ? ResourceOf<Name> : T extends string ? ResourceOf<T> : T;

/** The resource type in a reference, such as `"Patient"` in `"Patient/1"`. */
export type ReferencedType<Reference extends string> = Reference extends `${infer Name}/${string}` ? Name : string;

/** A resource as an argument: a `Resource`, or one of any other type. */
export type ResourceInput = Resource | { resourceType: string };

/** Whether a type is that of a whole resource and not of an object literal: all resource types have this rare member. */
type IsWhole<T> = "implicitRules" extends keyof T ? true : false;

/**
 * A created or updated resource as the server returns it: with an id and all members of its type. For a variable with a resource type it
 * is that type, for an object literal the type that its `resourceType` names.
 */
export type SavedResource<T extends ResourceInput, Name extends string = T["resourceType"]> = (IsWhole<T> extends true ? T : ResourceOf<Name>) & {
  id: string;
};
