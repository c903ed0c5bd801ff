import fc from 'fast-check';

/**
 * What a change has to pass gives the same answer each time: property tests draw from one seed there.
 * New seeds are drawn on a developer's machine and by `npm run fuzz`; what they find becomes an example.
 */
fc.configureGlobal({ seed: 20_241_122 });
